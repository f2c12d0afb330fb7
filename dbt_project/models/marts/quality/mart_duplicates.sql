with classes as (
    select
        posting_month,
        class,
        count(*) as postings
    from {{ ref('stg_duplicates') }}
    group by posting_month, class
)

select
    classes.posting_month,
    classes.class,
    classes.postings,
    {{ share(
        'classes.postings', 'sum(classes.postings) over (partition by classes.posting_month)'
    ) }} as share,
    {{ version_columns() }}
from classes
cross join {{ ref('int_versions') }} as versions
order by classes.posting_month, classes.class
