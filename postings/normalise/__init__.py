"""Parsers of single fields: dates, text, language, pay, employers, places, numbers.

What belongs here: pure functions from the string a source gave to a value and how it came about. They never
raise on any text, take time linear in its length, and give the same answer when applied to their own answer.
What does not: tables (`postings.normalisation`) and files.
"""
