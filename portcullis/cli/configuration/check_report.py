"""`portcullis config check`: what is found about a configuration, in lines that a person reads."""

import asyncio
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from kernel.clock import SystemClock
from portcullis.safety.files import check_files
from portcullis.safety.finding import Finding
from portcullis.safety.judgement import judge
from portcullis.safety.trials import run_trials
from portcullis.settings.schema import Settings


async def report_check(console: Console, settings: Settings, file: Path, *, connect: bool) -> bool:
    """True if a server would start. `settings` have passed check_production. Raises ConfigurationRefused for files that cannot be used."""
    findings = await asyncio.to_thread(judge, settings, SystemClock().wall(), file=file)
    for finding in findings:
        print_finding(console, finding)
    if any(finding.refuses for finding in findings):
        return _conclude(console, settings, usable=False)
    await asyncio.to_thread(check_files, settings)
    usable = True
    if connect:
        async for name, found in run_trials(settings):
            refused = any(finding.refuses for finding in found)
            usable = usable and not refused
            console.print(f"{name}: {'[bold red]fails[/]' if refused else '[green]works[/]'}")
            for finding in found:
                print_finding(console, finding)
    return _conclude(console, settings, usable=usable)


def print_finding(console: Console, finding: Finding) -> None:
    verdict = "[bold red]refused[/]" if finding.refuses else "[bold yellow]warning[/]"
    console.print(f"{verdict}  {escape(str(finding))}", soft_wrap=True)


def _conclude(console: Console, settings: Settings, *, usable: bool) -> bool:
    if not usable:
        console.print("a server would not start, or not work, on this configuration")
        return False
    for brand in settings.resolved_brands():
        console.print(f"[bold]{brand.name}[/]  {brand.issuer}  {brand.mtls_url}  {', '.join(brand.dialects)}", soft_wrap=True)
    console.print("the configuration is usable")
    return True
