"""Names and places of the demo: common ones of Cameroon and Kenya, put together by chance. No real person."""

FAMILY = (
    "Abega", "Abena", "Ateba", "Atangana", "Ayissi", "Bakari", "Bella", "Bessala", "Bikoro", "Bouba", "Djoumessi",
    "Ebogo", "Edimo", "Ekambi", "Ekani", "Elong", "Epoupa", "Essomba", "Etoundi", "Evina", "Ewane", "Fokou",
    "Fotso", "Fouda", "Hamadou", "Issa", "Kamdem", "Kamga", "Kengne", "Kenmogne", "Kuate", "Lobe", "Mballa",
    "Mbarga", "Mbida", "Mbouda", "Mekongo", "Messi", "Mfoumou", "Moukouri", "Mvondo", "Nana", "Ndongo", "Nganou",
    "Ngassa", "Ngo Bassong", "Ngono", "Nguema", "Njoya", "Nkoulou", "Nyobe", "Olinga", "Onana", "Ondoa", "Oumarou",
    "Owona", "Sadou", "Simo", "Talla", "Tchakounté", "Tchoua", "Tchuenté", "Toko", "Wamba", "Yaya", "Zambo", "Zang",
)  # fmt: skip
WOMEN = (
    "Aïcha", "Aminatou", "Angèle", "Bernadette", "Brigitte", "Carine", "Chantal", "Clarisse", "Delphine", "Édith",
    "Esther", "Fadimatou", "Flore", "Georgette", "Grâce", "Hadja", "Hortense", "Jeanne", "Julienne", "Laure",
    "Marie-Claire", "Marthe", "Mireille", "Nadège", "Odile", "Pauline", "Prisca", "Rosalie", "Salamatou", "Solange",
    "Sylvie", "Thérèse", "Véronique", "Viviane", "Yvette", "Zénabou",
)  # fmt: skip
MEN = (
    "Abdoulaye", "Achille", "Alain", "Bertrand", "Blaise", "Célestin", "Christian", "Daniel", "Désiré", "Emmanuel",
    "Étienne", "Félix", "François", "Gaston", "Guy", "Hervé", "Ibrahim", "Jean-Paul", "Joseph", "Landry", "Luc",
    "Martin", "Mohamadou", "Moussa", "Narcisse", "Olivier", "Pascal", "Paul", "Pierre", "Roger", "Samuel", "Serge",
    "Souleymanou", "Thomas", "Victor", "Yves",
)  # fmt: skip
KENYA_FAMILY = (
    "Achieng",
    "Kamau",
    "Kariuki",
    "Kiprop",
    "Mutua",
    "Mwangi",
    "Njeri",
    "Odhiambo",
    "Otieno",
    "Wanjiku",
)
KENYA_GIVEN = {
    "F": ("Faith", "Mercy", "Joyce", "Esther", "Grace"),
    "M": ("Brian", "James", "Peter", "Dennis", "John"),
}
QUARTERS = (
    "Bastos",
    "Biyem-Assi",
    "Essos",
    "Mendong",
    "Mokolo",
    "Mvog-Ada",
    "Nkolbisson",
    "Nsimeyong",
    "Tsinga",
)
HISTORIES = (
    # share of 100, ICD-10, words, from age
    (14, "I10", "HTA", 35),
    (9, "E11", "diabète de type 2", 35),
    (5, "J45", "asthme", 4),
    (4, "B24", "VIH", 18),
    (3, "D57", "drépanocytose", 1),
    (3, "G40", "épilepsie", 3),
    (3, "K25", "ulcère gastrique", 25),
    (2, "D55.0", "déficit en G6PD", 1),
    (2, "N18.3", "insuffisance rénale chronique stade 3", 45),
    (2, "I50", "insuffisance cardiaque", 50),
    (2, "B18.1", "hépatite B chronique", 20),
    (2, "M10", "goutte", 40),
)
ALLERGIES = (
    (5, "pénicilline"),
    (2, "sulfamides"),
    (2, "AINS"),
    (1, "quinine"),
    (1, "arachide"),
    (1, "aspirine"),
)
# (reason of a visit, sexes, from age, below age)
REASONS = (
    ("fièvre", "FM", 0, 120),
    ("toux", "FM", 0, 120),
    ("contrôle de tension", "FM", 40, 120),
    ("consultation prénatale", "F", 18, 45),
    ("douleurs abdominales", "FM", 5, 120),
    ("suivi du diabète", "FM", 40, 120),
    ("vaccination", "FM", 0, 2),
    ("céphalées", "FM", 8, 120),
    ("lombalgie", "FM", 20, 120),
)
