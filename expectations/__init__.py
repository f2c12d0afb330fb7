"""What the tables must look like: Great Expectations suites as code, their results, and the Data Docs site.

What belongs here: the suites for raw records, postings, labels and classifications, how a big table is drawn
for them, and the pages that show the results. What does not: mending data, or deciding what a failed check
stops. SQL tables are checked by dbt. Great Expectations is imported inside functions: it takes seconds.

- `parameters`: what a suite must be told about its study;
- `facts`: numbers about a whole table, exact, by DuckDB (key uniqueness among them);
- `sampling`: a bounded, deterministic sample of a table;
- `suites`: the expectations;
- `validation`: a frame against its suite;
- `results`: what a validation found, as plain data;
- `data_docs`, `data_docs_view`: the site.
"""
