"""A raw record becomes a canonical posting: sources, normalisation, re-observations, the schema.

What belongs here: everything between a file that somebody hands over and the `postings` dataset, and the
accounting that shows no record was lost on the way. What does not: when it runs (orchestration), what a
posting's title is (ml), and what is counted (dbt).
"""
