"""Which counts of people the marts leave out; the choice itself is made in `ml.disclosure`."""

COLUMNS = ["table_name", "pair", "scope_id", "role_id", "value"]


def _rows(relation):  # type: ignore[no-untyped-def]
    return relation.order("all").to_arrow_table().to_pylist()


def model(dbt, session):  # type: ignore[no-untyped-def]
    """One row per withheld count: the table, the row, and, in a table of an attribute, the value."""
    dbt.config(materialized="table")
    import pyarrow as pa

    from ml.people import withheld_counts

    totals = _rows(dbt.ref("int_role_people"))
    cells = _rows(dbt.ref("int_applicant_cells"))
    titles = _rows(dbt.ref("int_role_titles"))
    scopes = _rows(dbt.ref("int_scopes"))
    least = dbt.config.get("min_people")
    found = withheld_counts(totals, cells, titles, scopes, least=least)
    return pa.table(
        {name: pa.array([row[n] for row in found], pa.string()) for n, name in enumerate(COLUMNS)}
    )
