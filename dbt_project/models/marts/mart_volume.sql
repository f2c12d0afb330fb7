with volume as (
    select
        source,
        posting_month,
        count(*) as postings,
        count(distinct employer_id) as employers
    from {{ ref('stg_postings') }}
    group by source, posting_month
)

select
    volume.source,
    volume.posting_month,
    volume.postings,
    volume.employers,
    {{ version_columns() }}
from volume
cross join {{ ref('int_versions') }} as versions
order by volume.source, volume.posting_month
