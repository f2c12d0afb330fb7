"""The exam of a run on a synthetic market: what was published against what was planted.

What belongs here: reading the truth, measuring every table against it, and the table of scores. What does not: any
stage of the pipeline (none may import this package), and showing the scores (`report`).
"""
