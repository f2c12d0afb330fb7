"""From classified postings to changes with intervals: pure functions over tables of counts.

What belongs here: how a change between two windows is estimated, and how sure it is (docs/method.md has the
formulas and their sources). What does not: where tables lie on disk, which windows a study has, how a figure
is shown. The modules, in reading order:

- `tables`: the table of counts that the bootstrap takes;
- `counts`: postings per employer, title and window, from Parquet files;
- `replicates`: Poisson weights per employer, and one sparse product for all titles and replicates;
- `bootstrap`: the raw change of every title and of the market, with its interval.
"""
