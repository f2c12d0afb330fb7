"""How job titles are written: the words that stand for others, and the words that say little.

What belongs here: tables of words, as data. What does not: how they are used (words.py, search.py).
Every entry is one reading that nearly all titles share; a short form with several common meanings (PM, CA, BA)
stays out, so that only an alias can claim it.
"""

from __future__ import annotations

# Short form -> the words it stands for, in both the titles and what is asked.
ABBREVIATIONS: dict[str, str] = {
    "acct": "account",
    "acctg": "accounting",
    "accts": "accounts",
    "admin": "administrator",
    "appr": "apprentice",
    "aprn": "nurse practitioner",
    "assist": "assistant",
    "assoc": "associate",
    "asst": "assistant",
    "atty": "attorney",
    "auto": "automotive",
    "avp": "vp",
    "bcba": "behavior analyst",
    "bd": "business development",
    "bdr": "business development representative",
    "bi": "business intelligence",
    "biz": "business",
    "bldg": "building",
    "ceo": "chief executive officer",
    "cfo": "chief financial officer",
    "cio": "chief information officer",
    "ciso": "chief information security officer",
    "chro": "chief human resources officer",
    "cmo": "chief marketing officer",
    "coo": "chief operating officer",
    "cto": "chief technology officer",
    "cert": "certified",
    "cna": "nursing assistant",
    "comms": "communications",
    "compl": "compliance",
    "constr": "construction",
    "coord": "coordinator",
    "corp": "corporate",
    "cpa": "accountant",
    "crna": "nurse anesthetist",
    "csr": "customer service representative",
    "cust": "customer",
    "cyber": "cybersecurity",
    "db": "database",
    "dba": "database administrator",
    "dept": "department",
    "des": "designer",
    "dev": "developer",
    "devs": "developer",
    "devel": "developer",
    "dir": "director",
    "distr": "distribution",
    "div": "division",
    "dvr": "driver",
    "ecomm": "ecommerce",
    "edu": "education",
    "elec": "electrical",
    "elect": "electrical",
    "emt": "emergency medical technician",
    "eng": "engineer",
    "engg": "engineer",
    "engr": "engineer",
    "environ": "environmental",
    "equip": "equipment",
    "evp": "vp",
    "exec": "executive",
    "fab": "fabrication",
    "fac": "facilities",
    "fin": "finance",
    "fnp": "family nurse practitioner",
    "fullstack": "full stack",
    "genl": "general",
    "gm": "general manager",
    "gov": "government",
    "govt": "government",
    "gtm": "go to market",
    "hr": "human resources",
    "hrbp": "human resources business partner",
    "hrs": "hours",
    "icu": "intensive care",
    "infosec": "information security",
    "infra": "infrastructure",
    "ins": "insurance",
    "instr": "instructor",
    "intl": "international",
    "jr": "junior",
    "lab": "laboratory",
    "ld": "lead",
    "ldr": "leader",
    "llm": "large language model",
    "lmsw": "social worker",
    "lcsw": "clinical social worker",
    "lpn": "licensed practical nurse",
    "lvn": "licensed practical nurse",
    "mach": "machine",
    "maint": "maintenance",
    "mech": "mechanical",
    "med": "medical",
    "merch": "merchandise",
    "mfg": "manufacturing",
    "mgmt": "management",
    "mgnt": "management",
    "mgr": "manager",
    "mgrs": "manager",
    "mkt": "marketing",
    "mktg": "marketing",
    "ml": "machine learning",
    "mngr": "manager",
    "mri": "magnetic resonance imaging",
    "mtce": "maintenance",
    "nlp": "natural language processing",
    "np": "nurse practitioner",
    "nurs": "nurse",
    "offr": "officer",
    "ofc": "office",
    "oper": "operator",
    "opr": "operator",
    "optr": "operator",
    "ops": "operations",
    "ot": "occupational therapist",
    "ota": "occupational therapy assistant",
    "pca": "personal care aide",
    "ped": "pediatric",
    "peds": "pediatric",
    "pgm": "program",
    "pgmr": "programmer",
    "phys": "physical",
    "pr": "public relations",
    "pract": "practitioner",
    "prin": "principal",
    "prod": "production",
    "prof": "professional",
    "prog": "program",
    "proj": "project",
    "psr": "patient service representative",
    "psych": "psychiatric",
    "pta": "physical therapist assistant",
    "ptnr": "partner",
    "qa": "quality assurance",
    "qc": "quality control",
    "qual": "quality",
    "recept": "receptionist",
    "regl": "regional",
    "rep": "representative",
    "repr": "representative",
    "reps": "representative",
    "rn": "registered nurse",
    "rsch": "research",
    "rt": "respiratory therapist",
    "sdr": "sales development representative",
    "secy": "secretary",
    "svc": "service",
    "svcs": "services",
    "sfty": "safety",
    "slp": "speech language pathologist",
    "snr": "senior",
    "spec": "specialist",
    "specl": "specialist",
    "splst": "specialist",
    "sr": "senior",
    "sre": "site reliability engineer",
    "strat": "strategy",
    "supe": "superintendent",
    "supt": "superintendent",
    "supv": "supervisor",
    "supvr": "supervisor",
    "surg": "surgical",
    "svp": "vp",
    "sw": "software",
    "swe": "software engineer",
    "sde": "software engineer",
    "sys": "systems",
    "syst": "systems",
    "sysadmin": "systems administrator",
    "tchr": "teacher",
    "tech": "technician",
    "techn": "technician",
    "technol": "technology",
    "temp": "temporary",
    "tng": "training",
    "trng": "training",
    "trans": "transportation",
    "transp": "transportation",
    "treas": "treasury",
    "univ": "university",
    "vet": "veterinary",
    "whse": "warehouse",
    "whs": "warehouse",
    "wrhs": "warehouse",
}

# Several words -> one form. Applied after the table above; longest first.
PHRASES: dict[str, str] = {
    "artificial intelligence": "ai",
    "user experience": "ux",
    "user interface": "ui",
    "vice president": "vp",
    "vice pres": "vp",
    "information technology": "it",
    "front end": "frontend",
    "back end": "backend",
    "e commerce": "ecommerce",
    "health care": "healthcare",
    "day care": "daycare",
    "cyber security": "cybersecurity",
    "dev ops": "devops",
    "data base": "database",
    "tele sales": "telesales",
    "air craft": "aircraft",
    "power point": "powerpoint",
    "speech and language": "speech language",
    "generative ai": "genai",
    "gen ai": "genai",
    "go to market": "gtm",
    "full time": "fulltime",
    "part time": "parttime",
    "entry level": "entrylevel",
    "mid level": "midlevel",
    "sign on": "signon",
    "work from home": "remote",
    "licensed vocational nurse": "licensed practical nurse",
    "certified nurse assistant": "nurse assistant",
    "certified nurse aide": "nurse assistant",
    "nurse aide": "nurse assistant",
    "head of": "director",
    "director of": "director",
    "c c++": "c++",
}

# Forms of one word -> the form that is compared (plurals are handled by rule).
FORMS: dict[str, str] = {
    "engineering": "engineer",
    "nursing": "nurse",
    "teaching": "teacher",
    "programming": "programmer",
    "lawyer": "attorney",
    "paediatric": "pediatric",
    "paediatrician": "pediatrician",
    "anaesthetist": "anesthetist",
    "centre": "center",
    "labour": "labor",
    "behavioural": "behavioral",
    "behaviour": "behavior",
    "counsellor": "counselor",
    "organisation": "organization",
    "gynaecologist": "gynecologist",
    "jeweller": "jeweler",
    "theatre": "theater",
    "programme": "program",
    "tyre": "tire",
    "headteacher": "principal",
    "supervisory": "supervisor",
    "leader": "lead",
    "leadership": "lead",
    "head": "director",
}

# Words without meaning of their own between the others.
JOINING = frozenset(
    "a an and at by de for from in into of on or per the to with our your we us is as".split()
)

# Degrees of seniority within one trade: they do not make a title, except where nothing else is left.
DEGREES = frozenset(
    "senior junior experienced entrylevel midlevel mid intermediate advanced graduate expert "
    "i ii iii iv v vi l1 l2 l3 l4 l5 level grade intern internship certified licensed registered".split()
)

# Words that are a degree in one title and the title itself in another (staff nurse, lead engineer, sales associate).
HALF_DEGREES = frozenset(
    "lead staff principal trainee apprentice associate assistant deputy "
    "professional general corporate specialist representative worker team member".split()
)

# Words about the terms of the job, or advertising.
TERMS = frozenset(
    "remote hybrid onsite fulltime parttime full part time temporary temp seasonal permanent perm prn "
    "day days night nights evening evenings weekend weekends overnight overnights shift shifts 1st 2nd 3rd "
    "first second third am pm hour hourly hrs week weekly wk month year annual annually bonus signon "
    "relocation relo pay paid up urgent immediate hiring now new needed wanted job jobs position positions "
    "opening opportunity opportunities career careers available required preferred flexible schedule flex "
    "local usa us uk fte req requisition salary usd k bilingual spanish mandarin eligible "
    "summer winter fall spring 2022 2023 2024 2025 2026 start starting based work working team member "
    "immediately provided located location various multiple company inc llc corp".split()
)

# Ranks that make a title of its own, by words that name them.
RANKS: dict[str, str] = {
    "chief": "chief",
    "president": "chief",
    "director": "director",
    "manager": "manager",
    "superintendent": "manager",
    "supervisor": "supervisor",
    "foreman": "supervisor",
    "首席": "chief",
    "总裁": "vp",
    "总监": "director",
    "经理": "manager",
    "主管": "supervisor",
}

# Degrees of experience and words of recruiters, longest first where one begins with another.
CHINESE_LEVELS = tuple(
    """
    中高级 初中级 高级 中级 初级 资深 高工 应届生 应届 储备 校招 社招 急聘 急招 诚聘 高薪
    实习生 实习 岗位 方向 专场
    """.split()
)

# Words about the terms of the job.
CHINESE_TERMS = tuple(
    """
    五险一金 六险一金 五险 周末双休 双休 单休 周末 包吃住 包吃 包住宿 包住 提供住宿 住宿 无责底薪 底薪 无责
    高提成 提成 月薪 年薪 年终奖 奖金 补贴 餐补 房补 全勤 带薪培训 带培训 接受应届生 应届毕业生 无经验
    无需经验 经验不限 学历不限 可实习 可转正 转正 长期招聘 兼职 全职 远程 居家 职位编号 工作地点 优先 校园
    朝九晚五 白班 夜班 不加班 福利 待遇 入职 上市公司 国企 外企 名企 大厂 月休 急缺
    """.split()
)
