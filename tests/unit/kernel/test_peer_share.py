"""Limits per peer count an IPv6 site once, however many addresses it uses."""

from kernel.http.peer_share import share_of


def test_addresses_of_one_ipv6_site_share_one_limit():
    assert share_of("2001:db8:1:2::1") == share_of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert share_of("2001:db8:1:3::1") != share_of("2001:db8:1:2::1")


def test_ipv4_counts_by_address_also_where_it_arrives_mapped():
    assert share_of("::ffff:192.0.2.7") == share_of("192.0.2.7") == "192.0.2.7"
    assert share_of("192.0.2.8") != share_of("192.0.2.7")


def test_a_scoped_address_counts_by_its_network():
    assert share_of("fe80::1%eth0") == "fe80::/64"


def test_what_is_no_address_is_returned_unchanged():
    assert share_of("") == ""
    assert share_of("unix:") == "unix:"
