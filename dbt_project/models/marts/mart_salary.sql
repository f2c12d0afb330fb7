with current_postings as (
    select
        windows.pair,
        postings.title_id,
        coalesce(postings.pay_currency, 'not stated') as currency,
        postings.pay_monthly
    from {{ ref('int_windows') }} as windows
    inner join {{ ref('int_counted_postings') }} as postings
        on {{ in_window('postings.posting_month', 'current') }}
),

titles_in_window as (
    select
        pair,
        title_id,
        count(*) as postings
    from current_postings
    group by pair, title_id
),

-- DECIMAL sums and exact quantiles: the same in every run, whatever the order of the rows. Six decimals,
-- because the interpolation between two values keeps the scale of its input; rounded to cents at the end.
pay as (
    select
        pair,
        title_id,
        currency,
        count(*) as stating_pay,
        round(sum(pay_monthly)::double / count(*), 2) as mean_monthly,
        quantile_cont(pay_monthly::decimal(18, 6), [0.25, 0.5, 0.75]) as quartiles
    from current_postings
    where pay_monthly is not null
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
    round(pay.quartiles[2], 2)::double as median_monthly,
    round(pay.quartiles[1], 2)::double as p25_monthly,
    round(pay.quartiles[3], 2)::double as p75_monthly,
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
