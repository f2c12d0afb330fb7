"""Roles and scopes in a study file: what they mean, and what is said of a wrong one."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.home import BUILT_IN_STUDIES
from orchestration.roles import Role, Scope, check_roles, role_vars, scope_vars, standard_families
from orchestration.study import read_study

NESTED = [
    Role(
        id="engineer",
        titles=["ai-engineer"],
        roles=["algorithm"],
        name_en="AI engineer",
        name_zh="人工智能工程师",
    ),
    Role(id="algorithm", titles=["algorithm-engineer"], roles=["vision"]),
    Role(id="vision", titles=["computer-vision-engineer"]),
]


def test_a_role_holds_the_titles_of_the_roles_inside_it_and_says_which_contain_it() -> None:
    check_roles(NESTED, [], standard_titles=True)
    flat = {row["role_id"]: row for row in role_vars(NESTED)}
    assert flat["engineer"]["titles"] == ["ai-engineer", "algorithm-engineer", "computer-vision-engineer"]
    assert flat["algorithm"]["titles"] == ["algorithm-engineer", "computer-vision-engineer"]
    assert flat["vision"]["inside"] == ["algorithm"]
    assert (flat["engineer"]["role_en"], flat["engineer"]["role_zh"]) == ("AI engineer", "人工智能工程师")
    assert (flat["vision"]["role_en"], flat["vision"]["role_zh"]) == ("vision", "vision")


def test_a_family_stands_for_all_of_its_titles() -> None:
    roles = [Role(id="nurses", families=["nursing"])]
    check_roles(roles, [], standard_titles=True)
    assert role_vars(roles)[0]["titles"] == sorted(standard_families()["nursing"])


@pytest.mark.parametrize(
    ("roles", "scopes", "said"),
    [
        ([Role(id="a", titles=["ai-enginer"])], [], "no title 'ai-enginer'; did you mean ai-engineer"),
        ([Role(id="a", families=["nursin"])], [], "no family 'nursin'; did you mean nursing"),
        ([Role(id="a", roles=["b"])], [], "no role 'b'; the roles of the study are a"),
        (
            [Role(id="a", roles=["b"]), Role(id="b", roles=["a"])],
            [],
            "a > b > a: a role cannot contain itself",
        ),
        ([Role(id="a", titles=["nurse"])] * 2, [], "the id a stands twice"),
        ([], [Scope(id="s", industries=["ai"])], "there is no industry 'ai'"),
    ],
)
def test_a_wrong_role_or_scope_is_named_with_the_way_to_mend_it(
    roles: list[Role], scopes: list[Scope], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        check_roles(roles, scopes, standard_titles=True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"id": "all", "titles": ["nurse"]}, "is always there"),
        ({"id": "Two words", "titles": ["nurse"]}, "small letters"),
        ({"id": "empty"}, "is empty; give it"),
        ({"id": "a", "title": ["nurse"]}, "Extra inputs"),
    ],
)
def test_a_role_that_says_nothing_or_takes_a_reserved_name_is_refused(
    content: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Role.model_validate(content)


def test_titles_of_another_taxonomy_are_left_to_the_data_but_families_are_not() -> None:
    check_roles([Role(id="a", titles=["2210 - Information Technology"])], [], standard_titles=False)
    with pytest.raises(ValueError, match="have no families"):
        check_roles([Role(id="a", families=["nursing"])], [], standard_titles=False)


def test_the_studied_roles_of_the_chinese_market_are_those_that_are_planted_in_it() -> None:
    from market.china_ai_study import read_study as planted_study

    planted = planted_study()
    study = read_study(BUILT_IN_STUDIES / "china_ai.yaml")
    market = {title.title_id for title in planted.content.titles}
    for row in role_vars(study.roles):
        inside = planted.roles[row["role_id"]]
        expected = {t.title_id for t, is_in in zip(planted.content.titles, inside, strict=True) if is_in}
        assert set(row["titles"]) & market == expected, row["role_id"]
    assert set(planted.roles) == {role.id for role in study.roles}
    assert scope_vars(study.scopes)[0]["industries"] == ["artificial-intelligence"]
