with titles_in_window as (
    select
        pair,
        title_id,
        current_postings as postings
    from {{ ref('int_window_counts') }}
),

pay_values as (
    select
        windows.pair,
        pay.title_id,
        pay.currency,
        pay.pay_monthly,
        sum(pay.postings)::bigint as postings
    from {{ ref('int_windows') }} as windows
    inner join {{ ref('int_title_month_pay') }} as pay
        on {{ in_window('pay.posting_month', 'current') }}
    group by all
),

in_order as (
    select
        *,
        sum(postings) over (partition by pair, title_id, currency order by pay_monthly)::bigint as up_to,
        sum(postings) over (partition by pair, title_id, currency)::bigint as stating_pay
    from pay_values
),

pay as (
    select
        pair,
        title_id,
        currency,
        any_value(stating_pay) as stating_pay,
        round(sum(pay_monthly * postings)::double / any_value(stating_pay), 2) as mean_monthly,
        {{ counted_quantile(25, 'pay_monthly', 'up_to', 'stating_pay') }} as p25_monthly,
        {{ counted_quantile(50, 'pay_monthly', 'up_to', 'stating_pay') }} as median_monthly,
        {{ counted_quantile(75, 'pay_monthly', 'up_to', 'stating_pay') }} as p75_monthly
    from in_order
    group by pair, title_id, currency
)

select
    pay.pair,
    pay.title_id,
    titles.title_en,
    pay.currency,
    titles_in_window.postings,
    pay.stating_pay,
    {{ share('pay.stating_pay', 'titles_in_window.postings') }} as share_stating_pay,
    pay.mean_monthly,
    pay.median_monthly,
    pay.p25_monthly,
    pay.p75_monthly,
    {{ flag_list([
        ['unassigned', "pay.title_id = 'unassigned'"],
        ['not_stated', "pay.currency = 'not stated'"],
        ['few_postings', 'pay.stating_pay < ' ~ var('min_postings')],
    ]) }} as flags,
    {{ version_columns() }}
from pay
inner join titles_in_window
    on pay.pair = titles_in_window.pair and pay.title_id = titles_in_window.title_id
cross join {{ ref('int_versions') }} as versions
left join {{ ref('int_titles') }} as titles on pay.title_id = titles.title_id
order by pay.pair, pay.title_id, pay.currency
