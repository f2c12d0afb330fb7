with months as (
    select
        source,
        month,
        sum(polls)::bigint as polls,
        sum(failed_polls)::bigint as failed_polls,
        count(*) as employers_polled,
        count(*) filter (where failed_polls < polls) as employers_read,
        count(*) filter (where failed_polls = polls) as employers_failed,
        sum(postings_seen)::bigint as postings_seen
    from {{ ref('int_board_months') }}
    group by source, month
)

select
    months.source,
    months.month,
    months.polls,
    months.failed_polls,
    {{ share('months.failed_polls', 'months.polls') }} as share_failed,
    months.employers_polled,
    months.employers_read,
    months.employers_failed,
    months.postings_seen,
    {{ version_columns() }}
from months
cross join {{ ref('int_versions') }} as versions
order by months.source, months.month
