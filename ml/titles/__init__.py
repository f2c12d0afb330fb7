"""The standard titles as cards, and the search that finds a title by any wording in English or Chinese.

What belongs here: what is known of a title, and how a wording is compared with others.
What does not: the titles themselves (dbt seeds), reading files, and the model that classifies postings.
"""

from ml.titles.cards import Neighbour, TaxonomyError, TitleCard, TitleName, build_cards
from ml.titles.search import TitleHit, TitleSearch

__all__ = [
    "Neighbour",
    "TaxonomyError",
    "TitleCard",
    "TitleHit",
    "TitleName",
    "TitleSearch",
    "build_cards",
]
