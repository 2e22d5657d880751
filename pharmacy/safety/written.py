"""Rewrites what people write of an examination into the way that the readers of figures know: "37°8" into "37,8 °C"."""

from __future__ import annotations

import re

# what is looked at together: "foie, rate et reins nx" says the same of each
_NAME = (
    r"foie|rates?|reins?|c[œo]eur|poumons?|conj(?:onctives?)?|muq(?:ueuses?)?|t[ée]guments?|seins?"
    r"|annexes?|ut[ée]rus|ovaires?|CDS|p[ée]rin[ée]e"
    r"|vulve|vagin|col|gorge|nez|oreilles?|tympans?|yeux|v[ée]sicule|pancr[ée]as|membres|tonus"
    r"|r[ée]activit[ée]|r[ée]flexes|pouls|ROT|selles|urines"
    r"|liver|spleen|kidneys?|lungs?|heart|chest|abdomen|ears?|eyes?|nose|throat|tone|reflexes"
    r"|cr[ée]at(?:inine)?|ur[ée]e|transa(?:minases)?|NFS|CRP"
    r"|iono(?:gramme)?|ECG|[ée]cho|Rx|BU|TR|TV|VPO|Penta|PCV13|VAR|BCG|VAT|cordon|ombilic|nodes|uterus"
    r"|cervix|vulva|vagina|adnexa|IVA|IVL|VIA|VILI"
)
_OF_ALL = (
    r"n[ée]gatifs?|n[ée]gatives?|normaux|normales?|nx|nls?|nles?|libres?|souples?|claire?s?"
    r"|sym[ée]triques|RAS|ok|bons|bonnes|pr[ée]sente?s?|propres|indolores|soft|clear"
    r"|normal|non palp[ée]e?s?|non palpables?|not palpable|impalpable|reçus?|reçues|faits?|faites|given"
    r"|done|colorées|bien colorées|roses|humides"
)
_TOGETHER = re.compile(
    rf"(?<!\w)(?:{_NAME})(?:\s*,\s*(?:{_NAME}))*"
    rf"(?:\s+et\s+|\s+and\s+|\s*&\s*)(?:{_NAME})\s+(?=(?:{_OF_ALL})(?!\w))",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*,\s*|\s+et\s+|\s+and\s+|\s*&\s*", re.IGNORECASE)
WORDS = (
    # a son, no sutures; a potassium without a figure
    (
        re.compile(
            r"(?<!de )(?<!des )(?<!\w)fils\s*:?\s+"
            r"(?=asthm|diab|dr[ée]pano|[ée]pilep|hypert|allerg|SS\b|VIH|s[ée]ropo|tuber)",
            re.IGNORECASE,
        ),
        "frère ",
    ),
    (re.compile(r"(?<!\w)(?:K|Na)\s?\+\s+(?=nl|normal|ok|correct|bon)"), "ionogramme "),
    (re.compile(r"(?<!\w)C/S(?!\w)(?!\s*(?:sent|pending|urine|done))"), "césarienne"),
    # "ss" is "sous" or "sans", no haemoglobin
    (
        re.compile(
            r"(?<!\w)ss\s+(?=ttt|trt|trait|correction|complic|partic|anomalie|ATB|AZT|TARV|ARV|insuline"
            r"|oxyg|O2|contraception|pilule|r[ée]serve)"
        ),
        "sous ",
    ),
    # not reactive; a sign in the middle of a list; the side of the body before a colon
    (
        re.compile(
            r"(?<!\w)(HIV|VIH|VDRL|TPHA|RPR|HBsAg|AgHBs|HCV|SRV|RVS|TPHA/VDRL)\s*:?\s*NR(?!\w)",
            re.IGNORECASE,
        ),
        r"\1 négatif",
    ),
    (
        re.compile(
            r"(?<!\w)(nitrites?|leuco(?:cytes)?|BCF|BDCF|MAF|selles?|urines?|prot|alb|sucre|glucose|GE"
            r"|TDR|CC|miction|gaz)"
            r"\s*\+{1,4}\s+(?=[^\W\d])",
            re.IGNORECASE,
        ),
        r"\1 positif, ",
    ),
    (
        re.compile(
            r"(?<!\w)([œo]e?il|sein|genou|pied|jambe|main|oreille|tympan|tympans|conduit|[ée]paule|hanche"
            r"|rein)\s+(?:(?-i:[DG])|droite?|gauche)\s*(?=:)",
            re.IGNORECASE,
        ),
        r"\1 ",
    ),
    (re.compile(r"(?<!\w)P\s*/\s*A(?=\s*:)"), "abdomen"),
    (re.compile(r"(?<=[^\W\d])\s*:\s*\++(?=\s*(?:$|[,;.\n]))"), " positif"),
    # the side of the body, between what is seen and how it is
    (
        re.compile(
            r"(?<!\w)(seins?|genoux?|[œo]eil|pieds?|jambes?|mains?|chevilles?|mollets?|tympans?|oreilles?"
            r"|bras|[ée]paules?|hanches?|testicules?"
            r"|poignets?|coudes?|cuisses?|paupi[èe]res?|joues?|aisselles?|bases?|flancs?|hypochondres?"
            r"|fosses? iliaques?|amygdales?|narines?|membres? inf[ée]rieurs?"
            r"|membres? sup[ée]rieurs?|MI|MS|hémithorax|h[ée]micorps|conduits?|CAE|fesses?|orteils?"
            r"|gros orteils?|talons?)\s+"
            r"(?:droite?s?|gauches?|dte?|gche|bilat[ée]ra(?:l|le|ux|les)|(?-i:[DG]))\s+(?=[^\W\d]{3})(?!et "
            r"|avec )",
            re.IGNORECASE,
        ),
        r"\1 ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:left|right|lt|rt|both|bilateral|(?-i:[LR]))\s+(?=(?:breasts?|knees?|eyes?|ears?"
            r"|legs?|foot|feet|hands?|ankles?|calf|calves|eardrums?|arms?"
            r"|shoulders?|hips?|testis|testes|testicles?|wrists?|elbows?|thighs?|eyelids?|cheeks?|axilla"
            r"|bases?|flanks?|iliac fossa|lower limbs?|upper limbs?|TM|big toe|heels?)\s+[^\W\d]{3})",
            re.IGNORECASE,
        ),
        "",
    ),
    (re.compile(r"(?<!\w)K\s*\+(?=\s*(?:nl|normal|ok)\b)", re.IGNORECASE), "kaliémie "),
    (re.compile(r"(?<!\w)Na\s*\+(?=\s*(?:nl|normal|ok)\b)", re.IGNORECASE), "natrémie "),
)

# figures that are written in another way than vitals.py reads them
WRITTEN = (
    (
        re.compile(
            r"(?<!\w)(?:PAS|TAS|SBP)\s*[:=à]?\s*(?=[4-9]\d|1\d\d|2\d\d)(?=\d{2,3}\s*(?:mm\s*hg\s*)?(?:$|[,;.]))"
        ),
        "systolique ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:ALAT|ASAT|ALT|AST|TGO|TGP|transaminases)\s*(?:à|a|=|:)?\s*(?:[2-9]"
            r"|\d\d)\s*(?:x\s*)?(?:N|LSN|ULN)(?!\w)"
        ),
        " transaminases élevées ",
    ),
    (
        re.compile(r"(?<!\w)sats?\s*(?:of|at|=|:|à)?\s*(?=[4-9]\d(?!\d)|100)", re.IGNORECASE),
        "SpO2 ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:GE|GE/FM|BS|DP)\s*[:=]?\s*[1-9]\d{1,6}\s*(?:tpz|tropho\w*|parasites?"
            r"|p)?(?:\s*/\s*[µu]l)?(?![\w/])"
        ),
        " GE positive ",
    ),
    # what results.py did not take for calcium and magnesium is no pronoun and no unit either
    (re.compile(r"(?<!\w)Ca(?:\+\+|2\+)?(?=\s*[:=àa]?\s*\d)"), "calcémie"),
    (re.compile(r"(?<!\w)Mg(?:\+\+|2\+)?(?=\s*[:=àa]?\s*\d)"), "magnésémie"),
    (
        re.compile(r"(?<!\w)RS\s*(?:à|:)?\s*[5-9]\d(?:\s*(?:bpm|/mi?n))?(?!\w)"),
        " rythme sinusal , ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:EPF|PFE|EFW"
            r"|poids f[œo]e?tal(?: estim[ée])?)\s*[:=à]?\s*\d{1,4}(?:[.,]\d+)?\s*(?:g|kg)?(?!\w)",
            re.IGNORECASE,
        ),
        " , grossesse , ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:TPA|DPA|EDD|terme pr[ée]vu|date pr[ée]vue)\s*(?:le|au|:"
            r"|=)?\s*\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?(?!\w)",
            re.IGNORECASE,
        ),
        " , grossesse , ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:sommeil|dort|sleeps?)\s*[:=]?\s*[0-4]\s*h(?:eures|rs?"
            r"|ours)?(?:\s*/\s*nuit)?(?!\w)",
            re.IGNORECASE,
        ),
        " , insomnie , ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:spleen|rate)\s*(?:à|at|de|:|=)?\s*(?:[1-6]|1[3-9]"
            r"|2\d)(?:[.,]\d)?\s*cms?(?!\w)",
            re.IGNORECASE,
        ),
        " splénomégalie ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:liver|foie)\s*(?:à|at|de|:|=)?\s*(?:[1-6]|1[7-9]"
            r"|2\d)(?:[.,]\d)?\s*cms?(?!\w)",
            re.IGNORECASE,
        ),
        " hépatomégalie ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:n[ée]e?|born)\s+(?:à|a|at)\s+(2\d|3[0-6])(?:\s*\+\s*\d)?\s*(?:SA|sem(?:aines)?"
            r"|weeks|wks)(?!\w)",
            re.IGNORECASE,
        ),
        r"prématuré de \1 SA",
    ),
    (
        re.compile(
            r"(?<!\w)(?:PN|BW|poids de naissance|birth weight)\s*[:=]?\s*(\d{3})\s*(?:g|gr|grammes?)(?!\w)",
            re.IGNORECASE,
        ),
        r"PN 0,\1 kg",
    ),
    (re.compile(r"(?<!\d)(3[4-9]|4[0-2])\s*°\s*([0-9])(?!\d)\s*C?"), r"\1,\2 °C"),
    (
        re.compile(
            r"(?<!\w)(?:temp[ée]rature|temp\.?|T°)(?:\s+axillaire|\s+rectale)?\s*(?:à|a|=|:"
            r"|de)?\s*(?=3[2-9]|4[0-2])",
            re.IGNORECASE,
        ),
        "T° ",
    ),
    (
        re.compile(
            r"(?<![\w°,.:=/-])(?<!T° )(?<!T )(?<!T: )((?:3[4-9]|4[0-2])(?:[.,]\d{1,2})?)\s*(?:°\s*C"
            r"|degr[ée]s)(?!\w)"
        ),
        r"T° \1",
    ),
    (
        re.compile(
            r"(?<!\w)(?:TA|PA|BP|PNI|NIBP|tension)\s*[:=-]?\s*"
            r"(?:\(?(?:au |du )?(?:bras|MS|LA|RA|left arm|right arm|couché|debout|assis|assise|BD|BG"
            r"|systolique|D|G)?"
            r"(?: droit| gauche)?\)?\s*:?\s*)?(\d{1,3}(?:[.,]\d)?)\s*[-/\\]\s*(\d{1,3}(?:[.,]\d)?)(?!\d)",
            re.IGNORECASE,
        ),
        r"TA \1/\2",
    ),
    (
        re.compile(
            r"(?<!\w)(?:PAS|TAS|SBP|systolique)\s*[:=]?\s*(\d{2,3})(?:\s*mm\s*hg)?[\s,;/]*(?:PAD|TAD|DBP"
            r"|diastolique)"
            r"\s*[:=]?\s*(\d{2,3})(?!\w)",
            re.IGNORECASE,
        ),
        r"TA \1/\2",
    ),
    (
        re.compile(
            r"(?<!\w)(?<!TA )(?<!BP )(?<!PA )(?:BD|BG|bras droit|bras gauche|debout|couché|assis|standing"
            r"|lying|sitting)\s*:?\s*(\d{1,3}/\d{1,3})(?!\w)",
            re.IGNORECASE,
        ),
        r"TA \1",
    ),
    (
        re.compile(
            r"(?<![\w/.,-])(?<!TA )(?<!PA )(?<!BP )(?<!on )(?!0)([6-9]\d|1\d\d|2[0-5]\d)\s*/\s*([4-9]\d"
            r"|1[0-4]\d)(?=\s*(?:mm\s*hg|$|[,;]))",
            re.IGNORECASE,
        ),
        r"TA \1/\2",
    ),
    # how strong: "BAAR 3+", "2+ pedal oedema", "GE + 2500/µl"
    (re.compile(r"(?<=[^\W\d])\s*:?\s*[1-4]\s*\+(?!\s*\d)"), " positif "),
    (re.compile(r"(?<![\w+])[1-4]\s*\+\s*(?=[^\W\d])"), " "),
    (re.compile(r"(?<=[^\W\d])\s*:?\s*\+{1,4}\s*(?=\d{3})"), " positif "),
    # days after the birth
    (
        re.compile(
            r"(?<!\w)(?:J|D|day)\s*\d{1,2}\s*(?:du\s+)?(?:PP|PN(?!\s*[:=]?\s*\d)|post-?\s?partum"
            r"|post-?natal)(?!\w)",
            re.IGNORECASE,
        ),
        " , post-partum , ",
    ),
    (
        re.compile(r"(?<!\w)\d{1,2}\s*cms?\s*(?:dilated|dilatation|dilaté)(?!\w)", re.IGNORECASE),
        " , dilatation du col , ",
    ),
    # the letters of a nurse's line: "P82 R18"; "P59" and "R17" alone may be codes of illnesses
    (
        re.compile(r"(?<!\w)P\s*:?\s*(\d{2,3})\s*,?\s*R\s*:?\s*(\d\d)(?![\w.])"),
        r" pouls \1 , FR \2 , ",
    ),
    (
        re.compile(
            r"(?<!\w)P(?:\s*[:=]\s*|\s+)(?:[5-9]\d|1[01]\d)(?=\s*(?:$|[,;]|BP|TA|T\s?\d|/mi?n|bpm))(?:\s*/mi?n|\s*bpm)?"
        ),
        " , ",
    ),
    (
        re.compile(
            r"(?<!\w)R(?:\s*[:=]\s*|\s+)(\d\d)(?=\s*(?:$|[,;]|BP|TA|T\s?\d|SpO2|/mi?n|cpm))"
        ),
        r"FR \1",
    ),
    (re.compile(r"(?<!\w)(?:HS|S|B|BDC)\s*1\s*[+/&]\s*(?:S|B)?\s*2(?!\w)", re.IGNORECASE), "S1S2"),
    (
        re.compile(r"(?<!\w)(?:SFH|FH|GA|EGA|AG)\s*[:=]?\s*(\d{1,2})\s*/\s*40(?!\w)"),
        r" , grossesse \1 SA , ",
    ),
    (
        re.compile(
            r"(?<!\d )(?<!\d, )(?<!AV )(?<!VA )(?<!\w)(?=(?:OD|OG|ODG|RE|LE)\s*[:=]?\s*\d{1,2}\s*/\s*(?:6|9"
            r"|10|12|18|24|36|60)(?!\d))"
        ),
        "AV ",
    ),
    (re.compile(r"(?<!\w)\d{1,2}\s*%\s*(?:de (?:la )?)?(?:SCB?|TBSA|BSA)(?!\w)"), " brûlure "),
    (
        re.compile(
            r"(?<!\w)(?:(?:sous\s*)?(?:O2|oxyg[èe]ne|oxygen)\s*(?:à\s*"
            r"|at\s*)?\d{1,2}(?:[.,]\d)?\s*l(?:itres?)?(?:\s*/\s*mi?n)?"
            r"|(?:sous|on)\s*\d{1,2}(?:[.,]\d)?\s*l(?:itres?)?(?:\s*/\s*mi?n)?\s*(?:d['’]?\s*)?(?:O2"
            r"|oxyg[èe]ne|oxygen))(?!\w)",
            re.IGNORECASE,
        ),
        " désaturation ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:poids|pds|weight|wt)\s*\+\s*\d{1,2}(?:[.,]\d+)?\s*(?:kgs?|g)?(?!\w)",
            re.IGNORECASE,
        ),
        " , ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:poids|pds|weight|wt)\s*-\s*\d{1,2}(?:[.,]\d+)?\s*(?:kgs?|g)?(?!\w)",
            re.IGNORECASE,
        ),
        " perte de poids ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:observance|adherence|compliance)\s*[:=à]?\s*(?:9\d|100)\s*%(?!\w)",
            re.IGNORECASE,
        ),
        " , ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:sommeil|dort|sleeps?)\s*[:=]?\s*(?:[5-9]|1\d)\s*h(?:eures|rs?|ours)?(?:\s*/\s*nuit"
            r"| par nuit| per night)?(?!\w)",
            re.IGNORECASE,
        ),
        " , ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:Cl-?|chlore|chlor[ée]mie)\s*[:=]?\s*(?:9\d|10\d|11[0-5])(?![\w.,]*\d)",
            re.IGNORECASE,
        ),
        " , ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:HCO3-?|bicar(?:bonates)?|RA)\s*[:=]?\s*(?:1[89]|2\d|3[0-2])(?![\w.,]*\d)"
        ),
        " , ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:PNN|neutrophiles|neutrophils|lympho(?:cytes)?|lymphs|mono(?:cytes)?"
            r"|baso(?:philes)?)\s*[:=]?\s*(?:[3-8]\d|[1-9]|1\d|2\d)(?:[.,]\d)?\s*%"
        ),
        " , ",
    ),
    # times in a day, and parity with miscarriages
    (
        re.compile(
            r"(?<=\d)\s*(?:x|fois)?\s*/\s*(?:jrs?|jours?|j|24\s*h|d|day|sem|semaine|week|wk|mois|nuit"
            r"|an)(?!\w)",
            re.IGNORECASE,
        ),
        " fois par jour ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:G\s*\d{1,2}\s*,?\s*)?P(?:ara)?\s*\d{1,2}\s*\+\s*\d(?!\w)", re.IGNORECASE
        ),
        " ",
    ),
    # heights and weights of the newborn and the growing child: "PC 34 cm", "P 3200 g"
    (
        re.compile(
            r"(?<!\w)(?:PC|PT|TT|PO|HC|OFC|PA|T|TN|L"
            r"|tour de taille)\s*[:=]?\s*\d{2,3}(?:[.,]\d{1,2})?\s*cm(?!\w)"
        ),
        " , ",
    ),
    (re.compile(r"(?<!\w)(?:PC|PT|HC|OFC|PCr)\s*[:=]?\s*[2-5]\d(?:[.,]\d)?(?![\w/])"), " , "),
    (
        re.compile(r"(?<!\w)P\s*[:=]?\s*\d{1,3}(?:[.,]\d{1,3})?\s*(?:kgs?|k)(?!\w)", re.IGNORECASE),
        " , ",
    ),
    (re.compile(r"(?<!\w)P\s*[:=]?\s*(\d{3,4})\s*(?:g|gr|grammes?)(?!\w)"), r"PN \1 g"),
)


def rewritten(text: str) -> str:
    """The text with its ways of writing evened out; what it says stays."""
    text = _TOGETHER.sub(lambda found: _BETWEEN.sub(" ", found[0]), text)
    for pattern, instead in WORDS:
        text = pattern.sub(instead, text)
    if not any(letter.isdigit() for letter in text):
        return text
    for pattern, instead in WRITTEN:
        text = pattern.sub(instead, text)
    return text
