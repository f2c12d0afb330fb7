select
    conservation.source,
    conservation.posting_month,
    conservation.raw_records,
    conservation.postings,
    conservation.reobservations,
    conservation.quarantined,
    conservation.balance,
    {{ version_columns() }}
from {{ ref('stg_conservation') }} as conservation
cross join {{ ref('int_versions') }} as versions
order by conservation.source, conservation.posting_month
