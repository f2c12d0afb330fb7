"""The card of a title: all that the taxonomy says about it, in one place.

What belongs here: joining the rows of the four taxonomy tables. What does not: reading them from
disk, and judging their quality (tests/test_taxonomy.py does); only what would leave a card wrong is refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Row = Mapping[str, str]


class TaxonomyError(ValueError):
    """The tables of the taxonomy do not fit together."""


@dataclass(frozen=True)
class TitleName:
    """A title, as another title's card names it."""

    title_id: str
    title_en: str
    title_zh: str


@dataclass(frozen=True)
class Neighbour:
    """A title that is easily confused with the card's own, and what tells the two apart."""

    title: TitleName
    difference_en: str
    difference_zh: str


@dataclass(frozen=True)
class TitleCard:
    """One standard title.

    `seniority_band`: individual_contributor, middle_management or senior_leadership. `parent` is the title
    that contains this one ("is a kind of", never a reporting line). Codes may be empty.
    """

    name: TitleName
    family_id: str
    family_en: str
    family_zh: str
    seniority_band: str
    parent: TitleName | None
    children: tuple[TitleName, ...]
    onet_soc: str
    isco_08: str
    definition_en: str
    definition_zh: str
    aliases_en: tuple[str, ...]
    aliases_zh: tuple[str, ...]
    neighbours: tuple[Neighbour, ...]

    @property
    def wordings(self) -> tuple[str, ...]:
        """Both names and all aliases, names first."""
        return (self.name.title_en, self.name.title_zh, *self.aliases_en, *self.aliases_zh)


def build_cards(
    titles: Iterable[Row], families: Iterable[Row], aliases: Iterable[Row], neighbours: Iterable[Row]
) -> dict[str, TitleCard]:
    """The cards by title_id, in the order of `titles`; rows have the columns of the seeds.

    Pairs of neighbours are written once and stand on both cards. Raises TaxonomyError where an id
    stands twice or a row names a title or family that is not there.
    """
    rows = list(titles)
    names = {row["title_id"]: TitleName(row["title_id"], row["title_en"], row["title_zh"]) for row in rows}
    if len(names) != len(rows):
        raise TaxonomyError("titles: a title_id stands twice")
    family_names = {row["family_id"]: (row["family_en"], row["family_zh"]) for row in families}

    def named(title_id: str, where: str) -> TitleName:
        if title_id not in names:
            raise TaxonomyError(f"{where}: there is no title {title_id!r}")
        return names[title_id]

    children: dict[str, list[TitleName]] = defaultdict(list)
    for row in rows:
        if row["family_id"] not in family_names:
            raise TaxonomyError(
                f"titles: {row['title_id']} is in a family {row['family_id']!r} that is not there"
            )
        if row["parent_id"]:
            children[named(row["parent_id"], "titles, parent_id").title_id].append(names[row["title_id"]])

    spoken: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in aliases:
        spoken[named(row["title_id"], "title_aliases").title_id, row["language"]].append(row["alias"])

    near: dict[str, list[Neighbour]] = defaultdict(list)
    for row in neighbours:
        one = named(row["title_id"], "title_neighbours")
        other = named(row["neighbour_id"], "title_neighbours")
        for title, neighbour in ((one, other), (other, one)):
            near[title.title_id].append(Neighbour(neighbour, row["difference_en"], row["difference_zh"]))

    return {
        title_id: TitleCard(
            name=names[title_id],
            family_id=row["family_id"],
            family_en=family_names[row["family_id"]][0],
            family_zh=family_names[row["family_id"]][1],
            seniority_band=row["seniority_band"],
            parent=names[row["parent_id"]] if row["parent_id"] else None,
            children=tuple(children[title_id]),
            onet_soc=row["onet_soc"],
            isco_08=row["isco_08"],
            definition_en=row["definition_en"],
            definition_zh=row["definition_zh"],
            aliases_en=tuple(spoken[title_id, "en"]),
            aliases_zh=tuple(spoken[title_id, "zh"]),
            neighbours=tuple(near[title_id]),
        )
        for title_id, row in ((row["title_id"], row) for row in rows)
    }
