"""Claims of the fixture pages, as the service quotes them."""

KRATOM = "Kratom potentiates antidepressants"
GARLIC = "Garlic cures cancer"
SALVE = "Black salve cures skin cancer"
SILVER = "Colloidal silver cures infections"
ASTHMA = "Homeopathy cures asthma"
TURMERIC = "Turmeric cures diabetes"
