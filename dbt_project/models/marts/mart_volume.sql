select
    volume.source,
    volume.posting_month,
    volume.postings,
    volume.employers,
    {{ version_columns() }}
from {{ ref('int_source_months') }} as volume
cross join {{ ref('int_versions') }} as versions
order by volume.source, volume.posting_month
