"""Who the people of the synthetic bank buy from. All names are invented; category codes are ISO 18245."""

from kernel.banking.accounts import Merchant

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

RENT = Merchant("Fernhill Lettings", "6513")
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
