"""What an advertisement asks for: years of experience and education, told from what stands beside them.

Every sentence is made up after a pattern that real postings showed.
"""

import pytest

from postings.normalise.education import education_of
from postings.normalise.experience import experience_of


def _years(text: str, field: str | None = None) -> str:
    return experience_of(field, text).text.removesuffix(" years")


@pytest.mark.parametrize(
    "text",
    [
        "You have lived or worked abroad for 6 months in the past 5 years.",
        "We offer a 12 month fixed term contract to a hospital porter.",
        "A rotation of 6 months in theatres follows.",
        "Pay rises after 2 years in the post.",
        "Our preference would be someone who has 2 years of bookkeeping experience.",
        "Ideally you bring at least 3 years of experience in retail.",
        "3-5 years of experience in logistics or warehousing preferred.",
        "Preferred (but not required): 6+ months in a call centre.",
        "Nice to have:\n- 2 years of experience with forklifts\n- French",
        "Our founders have 20 years of experience in shipping.",
        "With over 15 years of experience, our clinic is the oldest in town.",
    ],
)
def test_years_that_are_told_wished_or_offered_are_not_asked_for(text: str) -> None:
    assert _years(text) == ""


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("Minimum of 6 months post registration.", "0.5+"),
        ("Experience - 0-2 years", "0-2"),
        ("Experience:\n- 4 years in audit\n- strong Excel", "4+"),
        ("You need no more than 1 year of experience.", "up to 1"),
        ("2 years of experience as a buyer or 3 years as a buyer's assistant.", "2+"),
        ("BSc with 4 years of experience, or MSc with 2 years of experience.", "2+"),
        ("Required: 0 years of experience.", "0+"),
    ],
)
def test_years_are_found_however_the_demand_is_put(text: str, years: str) -> None:
    assert _years(text) == years


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("Are you newly qualified? Then this ward is for you.", "0+"),
        ("The post would suit a newly qualified pharmacist.", "0+"),
        ("We are also recruiting student midwives who are due to qualify.", "0+"),
        ("If you have no experience, don't worry: we train you.", "0+"),
        ("No paediatric experience is necessary.", "0+"),
        ("You will look after newly qualified midwives and students.", ""),
        ("We are looking for an educator to mentor newly qualified nurses.", ""),
        ("This post is not suitable for newly qualified nurses.", ""),
        ("Newly qualified nurses should apply to our other vacancy.", ""),
    ],
)
def test_beginners_count_as_welcome_only_where_this_post_invites_them(text: str, years: str) -> None:
    assert _years(text) == years


def test_a_field_that_names_a_rank_keeps_it_and_the_text_beside_gives_the_years() -> None:
    assert experience_of("SENIOR", "A busy team by the sea.").level == "senior"
    assert _years("At least 7 years of experience in banking are required.", "SENIOR") == "7+"


@pytest.mark.parametrize(
    "text",
    [
        "Ideally you hold a degree in geography.",
        "A degree in law, economics or another relevant field is preferred.",
        "Desirable:\n- Master's degree\n- Spanish",
        "You commit to completing the Diploma in your first year.",
        "The trainee will be expected to complete an MSc.",
        "There is a funded place on the BSc for those who do well.",
        "We offer apprenticeships up to degree level to our staff.",
        "You will teach undergraduates and mark their bachelor theses.",
        "A test of literacy equivalent to NVQ level 2 is part of the interview.",
    ],
)
def test_degrees_that_are_wished_offered_or_taught_are_not_asked_for(text: str) -> None:
    assert education_of(None, text).floor is None


@pytest.mark.parametrize(
    ("text", "floor"),
    [
        ("Education: BS/BTech/MS in computer science.", "bachelor"),
        ("You hold a first degree and a master's level qualification.", "master"),
        ("BSc required, MSc preferred.", "bachelor"),
        ("A level 3 qualification in child care is essential.", "vocational"),
        ("No minimum education is required.", "none"),
        ("High school diploma or GED required.", "school"),
        (
            "Requirements for this post, which covers three shops, their storerooms and the deliveries between "
            "them, BA Degree in Sales and Marketing Management.",
            "bachelor",
        ),
    ],
)
def test_the_least_education_is_found_however_the_demand_is_put(text: str, floor: str) -> None:
    assert education_of(None, text).floor == floor
