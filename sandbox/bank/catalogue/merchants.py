"""Merchants and payees of the synthetic bank's customers. All names are invented; category codes are ISO 18245."""

from kernel.banking.accounts import AccountIdentifier, Counterparty, Merchant, Scheme

GROCERS = (
    Merchant("Harrow & Finch Grocers", "5411"),
    Merchant("Pennyfield Food Hall", "5411"),
    Merchant("Corner Larder", "5499"),
)
COFFEE = (
    Merchant("Third Kettle Coffee", "5814"),
    Merchant("Marlow Street Roasters", "5814"),
)
RESTAURANTS = (
    Merchant("The Copper Ladle", "5812"),
    Merchant("Saffron Yard", "5812"),
    Merchant("Noodle & Tide", "5812"),
    Merchant("The Hollow Oak", "5813"),
)
TRANSPORT = (
    Merchant("Cityhop Buses", "4131"),
    Merchant("Northline Rail", "4112"),
    Merchant("Tramway Direct", "4111"),
)
SHOPS = (
    Merchant("Wren & Thistle Clothing", "5651"),
    Merchant("Lanternhouse Books", "5942"),
    Merchant("Brightside Home", "5712"),
    Merchant("Voltworks Electronics", "5732"),
)
PHARMACIES = (Merchant("Willowbank Pharmacy", "5912"),)
FUEL = (Merchant("Greenway Fuel", "5541"), Merchant("Ridgetop Services", "5541"))
CASH = (Merchant("Cash machine, Fore Street", "6011"), Merchant("Cash machine, Station Road", "6011"))
TRADE_SUPPLIES = (Merchant("Oakrise Timber", "5211"), Merchant("Fixings Depot", "5251"), Merchant("Toolhaven", "5251"))

COUNCIL = Merchant("Eastmere Borough Council", "9399")
ENERGY = Merchant("Lumen & Lea Energy", "4900")
WATER = Merchant("Clearbrook Water", "4900")
BROADBAND = Merchant("Fibrewave Broadband", "4899")
MOBILE = Merchant("Orbit Mobile", "4814")
GYM = Merchant("Ironside Gym", "7997")
STREAMING = Merchant("Reelhouse Streaming", "5815")
MUSIC = Merchant("Chorus Music", "5815")
INSURANCE = Merchant("Harbourlight Insurance", "6300")
NURSERY = Merchant("Little Acorns Nursery", "8351")

CONTINENTAL = (
    Merchant("Caffè del Molo", "5814"),
    Merchant("Trattoria La Barca", "5812"),
    Merchant("Hôtel des Remparts", "7011"),
    Merchant("Marché Saint-Rémy", "5411"),
    Merchant("Ferrovia Costiera", "4112"),
)

AMERICAN = (
    Merchant("Prairie Software", "5734"),
    Merchant("Redwood Prints", "5733"),
    Merchant("Blue Mesa Outdoors", "5941"),
)
JAPANESE = (Merchant("Kawabe Stationery", "5943"), Merchant("Shirotori Ceramics", "5719"))
CAR_INSURANCE = Merchant("Keystone Motor Insurance", "6300")
CARE_PLAN = Merchant("Homehold Cover", "6300")
CHARITY = Merchant("Eastmere Lifeboats", "8398")
MAGAZINE = Merchant("The Tide Tables Quarterly", "5968")
TELEVISION = Merchant("Public Broadcast Licence", "9399")
PITCH = Merchant("Harbour Market Trust", "6513")
TAX = Merchant("Revenue and Duties", "9311")


def payee(name: str, number: str) -> Counterparty:
    """A payee with an account at another bank. `number`: fourteen digits, of a sort code that is not assigned."""
    return Counterparty(name, AccountIdentifier(Scheme.SORT_CODE, number, name))


LANDLORD = payee("Fernhill Lettings", "00991770442218")
WORKSHOP = payee("Sawmill Yard Estates", "00991770987431")
CLEANER = payee("Imelda Costa", "00992284410076")
PIANO = payee("Mr P Oyelaran", "00993351177204")
SISTER = payee("Amy Archer", "00992208164953")
FLATMATE = payee("Jo Marsh", "00994417026638")
DENTIST = payee("Quay Dental Practice", "00995500283317")
POTTER = payee("Old Mill Ceramics", "00994480011265")
ALLOTMENT = payee("Eastmere Allotments", "00995512390048")
BROTHER = payee("Ben Baker", "00992216648201")
CLUB = payee("Tollgate Cycling Club", "00996640195522")
MOTHER = payee("Marion Chandler", "00992230071186")
SCHOOL = payee("Larkfield School", "00997012548830")
NANNY = payee("Nadia Haddad", "00992299340517")
TIMBER = payee("Oakrise Timber", "00998021654471")
ACCOUNTANT = payee("Ledgerwell & Partners", "00998035520914")
APPRENTICE = payee("Sam Okafor", "00992251183369")
REVENUE = payee("Revenue and Duties", "00990100000017")
