with reasons as (
    select
        source,
        posting_month,
        field,
        reason,
        count(*) as records,
        min(message) as example_message
    from {{ ref('stg_quarantine') }}
    group by source, posting_month, field, reason
)

select
    reasons.source,
    reasons.posting_month,
    reasons.field,
    reasons.reason,
    reasons.records,
    reasons.example_message,
    {{ version_columns() }}
from reasons
cross join {{ ref('int_versions') }} as versions
order by reasons.source, reasons.posting_month, reasons.field, reasons.reason
