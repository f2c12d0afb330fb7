"""Whether a running text welcomes people without experience.

What belongs here: "newly qualified nurses are encouraged to apply", "no experience necessary", "desirable but not
essential", 应届生亦可. What does not: years that are asked for (`postings.normalise.experience_text`), which weigh
more than any welcome.
"""

from __future__ import annotations

import re
from functools import cache

import ahocorasick_rs as aho

from postings.normalise.wording import occurrences

_BEFORE, _AFTER = 130, 190
_MOST_PASSAGES = 60

# Words without which none of a kind's patterns match, all rarer than "experience": where a text is worth reading.
_ANCHORS = {
    "newcomers": (
        *(
            "newly",
            "recently",
            "new qual",
            "just qual",
            "to qualify",
            "to be qual",
            "to graduate",
            "to register",
        ),
        *("final year", "final-year", " career"),
    ),
    "fresh": ("fresh", "entry level", "entry-level", " grad", "leavers", " career"),
    "none": (
        " no ",
        "\nno ",
        "need to have",
        "not need",
        "n't need",
        "not required",
        "not necessary",
        "without",
    ),
    "not essential": (
        *("not essential", "not required", "not necessary", "not needed", "not mandatory", "not absolutely"),
        *("not a ", "not an ", "no means", "let this", "let that"),
    ),
    "without": (
        *(
            "without",
            "with no ",
            "little or no",
            "new to",
            "have no ",
            "train a",
            "train the",
            "train someone",
        ),
        *("train candidates", "train people"),
    ),
    "chinese": ("经验", "应届", "应往届", "基础", "在校"),
}
_KINDS = tuple(kind for kind, words in _ANCHORS.items() for _ in words)

# Those who have just left school or are about to.
_NEWCOMER = re.compile(
    r"\b(?:a?new(?:ly)?(?: ?[/,]? ?(?:or |and )?recently)?|(?:new or )?recently|just)[- ]{0,2}"
    r"(?:qualified|qualifying|registered|graduated|trained)\b"
    r"|\b(?:soon|about|due|hoping|expecting|nearly ready)[- ]to[- ](?:be[- ])?"
    r"(?:newly )?(?:qualify|qualified|graduate|register)\b"
    r"|\b(?:at the )?(?:start|beginning) of (?:their|your|his or her) (?:\w+ )?career\b"
    r"|\bfinal[- ]year (?:[\w-]+ ){0,3}students?\b|\bfinal year of (?:[\w/]+ ){0,4}(?:training|study|studies|course)\b"
)
_INVITED = re.compile(
    r"\b(?:whether you(?:'re| are)|are you|if you(?:'re| are)|you(?:'re| are)? (?:might|could|may|will|can) be"
    r"|perhaps you(?:'re| are)|(?:may|can|could|might) be|someone who (?:is|has)|must be)\b[^.;]{0,60}$"
    r"|\b(?:ideal|suitable|perfect|great|excellent|appropriate|open|suited|suit|aimed|interest|opportunit\w+|vacanc\w+|role"
    r"|position|post|advert|arisen)\b[^.;]{0,40}?\b(?:for|to|at|suit)\b[^.;]{0,40}$|\bsuits?\b[^.;]{0,40}$"
    r"|\b(?:recruit\w*|looking for|seeking|hiring|appoint|calling all|hear from|speak to|take|accept|employ)\b"
    r"[^.;]{0,70}$"
    r"|\b(?:encourag\w+|welcom\w+|consider\w*|invit\w+|interview to)\b[^.;]{0,70}$"
    r"|\bapplications?\b[^.;]{0,30}\b(?:from|by)\b[^.;]{0,60}$"
    r"|\bjoin\w* [^.;]{0,30}\bas an? $|(?:^|\n)\W{0,3}(?:you are |you're |are )?in your $"
    r"|\b(?:including|as well as|either)\b[^.;]{0,20}$"
    r"|\b(?:experienced|qualified|registered|existing)\s?(?:and|or|/|&|,)\s?(?:for )?(?:an? )?$|\($"
)
_INVITED_BEHIND = re.compile(
    r"^[^.;]{0,70}?\b(?:(?:also )?(?:are |is |will be |would be )?(?:also |strongly )?"
    r"(?:welcome|considered|encouraged|invited)"
    r"|(?:can|may|could|should) (?:also )?apply|to apply|would like to (?:apply|join)|we would (?:love|like) to hear)\b"
    r"|^(?: or| and|/)? ?(?:an? )?experienced\b|^[- ]?(?:or|/) (?:about|due|soon|recently)\b"
)
_ADDRESSED = re.compile(r"\bif you(?:'re| are) (?:an? )?$")
_EAGER = re.compile(r"^[^.;]{0,40}?\b(?:ready to|looking (?:to|for)|excited (?:about|by)|eager)\b")
_TURNED_AWAY = re.compile(
    r"\b(?:not(?! only)|unable|unfortunately|cannot|can't|isn't)\b[^.;]{0,50}$|\bexperienced \w+ - if you"
)
_SENT_ELSEWHERE = re.compile(
    r"^[^.;]{0,40}?\b(?:please|should) (?:apply|see|use|refer|visit)\b[^.;]{0,20}\b(?:through|via|our|the|to)\b"
    r"|^[^.;]{0,60}?\b(?<!why )not (?:be )?(?:suitable|considered|eligible|able|apply)\b"
)
# What is done for the newly qualified says nothing of whether they may apply.
_LOOKED_AFTER = re.compile(
    r"\b(?:preceptor\w*|mentor\w*|support\w*|supervis\w*|programmes?|courses?|packages?|induction|training|teach\w*|educat\w*"
    r"|develop\w*|directing|review|scheme|transition\w*|working clinically)\b(?:(?!applications)[^.;]){0,45}$"
    r"|\b(?:our|with|pay|paid|includes?) (?:\w+ )?$"
)
_NONE_REQUIRED = re.compile(
    r"\bno (?:[\w-]+ ){0,4}experience\b(?: in [\w ]{1,30}?)?,? ?(?:\?|(?:is |was |at all |are )?(?:required|necessary"
    r"|needed|essential|no problem))"
    r"|\b(?:do not|don't) need (?:to have )?(?:any )?(?:\w+ )?experience"
    r"|\bexperience\W{1,4}(?:none|not) (?:is )?(?:required|needed|necessary)\b"
    r"|\bapplications from [^.;]{0,40}\bwithout (?:any |prior |previous )*experience\b"
)
_WITHOUT_EXPERIENCE = re.compile(
    r"\b(?:recruit\w*|consider\w*|welcom\w*|hear from|invit\w+|encourag\w+|(?<!not )suitable for|open to|applicants?"
    r"|applications?)\b[^.;]{0,60}?\b(?:with no|with little or no|with or without|without|new to)"
    r" (?!the required|the necessary)(?:any )?[^.;,]{0,40}?\bexperience\b"
    r"|\bwith or without (?:any )?(?:\w+ ){0,4}experience\b"
    r"|\b(?:willing|happy|prepared|able|will) (?:to )?train (?:an? |the |someone|candidates|anyone|people)"
    r"|\bif you have no (?:[\w-]+ ){0,3}experience\b[^.;]{0,80}?\b(?:don't worry|do not worry|hear from you|apply"
    r"|no problem)"
    r"|\b(?:apply|applications?) even without (?:\w+ ){0,2}experience"
)
_FRESH = re.compile(
    r"\bfresh (?:\w+ ){0,2}graduates?\b(?! (?:are |is |will )?not)|\bfresh candidates?\b"
    r"|\bentry[- ]level (?:applicants?|candidates?|graduates?|talents?|(?:\w+ ){0,2}graduates?)\b"
    r"|\brecent grad(?:uate)?s? (?:are |is )?(?:also )?(?:welcome|encouraged|considered)"
    r"|\b(?:perfect|ideal|great|suitable|good) for (?:an? |the )?(?:recent|new|fresh) (?:\w+ )?grad(?:uate)?s?\b"
    r"|\blooking to start (?:an? |their )?(?:\w+ )?career\b[^.;]{0,70}\b(?:considered|welcome|encouraged)\b"
    r"|\bthis (?:is|role is|position is|job is) (?:an? )?(?:\w+,? ){0,3}?entry[- ]level\b"
    r"|(?:^|[:\n])\s{0,3}entry[- ]level (?:\w+ ){0,3}?(?:position|role|job)\b"
    r"|\b(?:perfect|ideal|great|suitable|good)\b[^.;\n]{0,20}\bfor (?:\w+ )?school[- ]leavers\b"
)
# "Experience in design is desirable but not essential" says that none is needed where no other is asked for.
_NOT_ESSENTIAL = re.compile(
    r"experience\b[^.;\n]{0,90}?(?:\. but |\b(?:is|are|be|but|though|although|experience|it's|desirable,?) )"
    r"(?:absolutely |definitely )?not (?:absolutely )?"
    r"(?:required|necessary|essential|needed|mandatory|an? (?:requirement|must|prerequisite))"
    r"(?![,.;]? (?:however|but)\b[^.]{0,60}\bexperience)"
    r"|experience\b[^.;\n]{0,90}?\bby no means,? (?:an? )?(?:requirement|required|necessary|essential)\b"
    r"|experience\b[^.;\n]{0,90}?,? (?:but )?(?:don't|do not) let (?:this|that) (?:deter|put)\b"
    r"|\b(?:desired|desirable|preferable|preferred),? but not (?:essential|required|necessary),? (?:that|to|for)\b"
    r"[^.;\n]{0,50}\bexperience\b"
)
_ASKED_ELSEWHERE = re.compile(
    r"\b(?:extensive|proven|significant|demonstrable|substantial|considerable) (?:[\w-]+ ){0,5}experience\b"
    r"|\bexperience (?:is )?(?:required|essential)\b(?!\s?:)|\b(?:strong|solid) background (?:of|in)\b"
)
_CHINESE = re.compile(
    r"(?:工作)?经验不限|不限(?:工作)?经验|无需(?:相关|工作)*经验|无(?:相关|工作)*经验(?:者)?(?:也|亦|均)?(?:可|能)"
    r"|无(?:相关|工作)*经验要求|经验(?:不做?|不作|无)要求|应(?:届)?、?往届|应届生?[^。；，\n]{0,4}选择"
    r"|接受[^。；，\n]{0,6}(?:入门|零|0)基础|(?:零|0)基础(?:者|学员|人员)?(?:也|亦|均|都)?可"
    r"|的在校(?:大?学)?生|在校(?:大?学)?生(?:优先|也|亦|均|都|可)|无经验(?=微信|[，。；、\s]|$)"
    r"|应届(?:毕业)?生?/[^。；，\n]{0,12}优先"
    r"|(?:接受|欢迎|招收|可招)[^。；\n]{0,6}(?:应届|无经验)|(?<!非)应届(?:毕业)?生?(?:也|亦|均|都)?(?:可|能|优先|欢迎)(?!能)"
    r"|(?<!非)应届(?:毕业)?生(?:[（(，,、；;。\d\n]|微信|实习|$|[^。；\n]{0,10}招聘)"
    r"|(?:岗位|职位)为实习|接受[^。；，\n]{0,4}(?:大一|大二|大三|大四|在校|实习)|无经验者?有"
)
_SENTENCE_END = re.compile(r"[\n;!?•●▪◦·✓➢*]|\.(?=\s|$)")


def _newcomer_welcome(passage: str) -> bool:
    """Whether a passage invites the newly qualified, rather than telling what is done for them."""
    for newcomer in _NEWCOMER.finditer(passage):
        before, after = passage[: newcomer.start()], passage[newcomer.end() :]
        if cuts := [cut.end() for cut in _SENTENCE_END.finditer(before)]:
            before = before[cuts[-1] :]
        if cut := _SENTENCE_END.search(after):
            after = after[: cut.start()]
        if _TURNED_AWAY.search(before) or _SENT_ELSEWHERE.search(after):
            continue
        if _INVITED_BEHIND.search(after) or _ADDRESSED.search(before):
            return True
        if (_INVITED.search(before) or _EAGER.search(after)) and not _LOOKED_AFTER.search(before):
            return True
    return False


def _passages(text: str) -> dict[str, list[str]]:
    """Of each kind, what stands around its words."""
    found: dict[str, list[str]] = {kind: [] for kind in _ANCHORS}
    for number, start, _ in occurrences(_anchor_words(), text)[:_MOST_PASSAGES]:
        found[_KINDS[number]].append(text[max(0, start - _BEFORE) : start + _AFTER])
    return found


@cache
def _anchor_words() -> aho.AhoCorasick:
    return aho.AhoCorasick(
        [word for words in _ANCHORS.values() for word in words],
        matchkind=aho.MatchKind.Standard,
        store_patterns=False,
        implementation=aho.Implementation.DFA,
    )


def no_experience_needed(text: str) -> bool:
    """Whether a text, lower-cased and in plain punctuation, says that no experience is needed.

    "Not essential" counts only where the text asks for no experience elsewhere.
    """
    around = _passages("\n" + text)
    if any(_newcomer_welcome(passage) for passage in around["newcomers"]):
        return True
    for kind, words in (("fresh", _FRESH), ("none", _NONE_REQUIRED), ("chinese", _CHINESE)):
        if any(words.search(passage) for passage in around[kind]):
            return True
    for kind, words in (("not essential", _NOT_ESSENTIAL), ("without", _WITHOUT_EXPERIENCE)):
        if any(words.search(passage) for passage in around[kind]):
            return _ASKED_ELSEWHERE.search(text) is None
    return False
