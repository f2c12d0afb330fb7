{# A role's pay, over all places or by city. Currencies are never added up. #}

{% macro role_pay(by_city) -%}
select
    {{ role_columns('pay') }},
    {%- if by_city %}
    pay.city,
    {{ name_zh('pay.city') }} as city_zh,
    pay.country,
    {%- endif %}
    pay.currency,
    'month' as period,
    pay.is_main_currency,
    pay.postings,
    pay.stating_pay,
    pay.share_stating_pay,
    pay.mean_monthly,
    pay.mean_low,
    pay.mean_high,
    round(corrected.estimate, 2) as corrected_mean,
    case when pay.employers_effective >= {{ var('min_employers') }} then round(corrected.low, 2) end as corrected_mean_low,
    case when pay.employers_effective >= {{ var('min_employers') }} then round(corrected.high, 2) end as corrected_mean_high,
    pay.median_monthly,
    pay.p25_monthly,
    pay.p75_monthly,
    {%- if by_city %}
    case
        when pay.city <> 'not stated' and pay.stating_pay >= {{ var('min_postings') }}
            then rank() over (
                partition by
                    pay.pair, pay.scope_id, pay.role_id, pay.currency,
                    pay.city <> 'not stated' and pay.stating_pay >= {{ var('min_postings') }}
                order by pay.mean_monthly desc
            )
    end as rank,
    {%- endif %}
    pay.employers_effective,
    {{ flag_list(
        ([['not_stated', "pay.city = 'not stated' or pay.currency = 'not stated'"]] if by_city
         else [['not_stated', "pay.currency = 'not stated'"]])
        + [
            ['few_postings', 'pay.stating_pay < ' ~ var('min_postings')],
            ['few_employers', 'pay.employers_effective < ' ~ var('min_employers')],
        ]
    ) }} as flags,
    {{ version_columns() }}
from {{ ref('int_role_pay') }} as pay
{{ joined_names('pay') }}
{%- if by_city %}
{{ joined_name_zh('city', 'pay.city', 'pay.country') }}
{%- endif %}
left join {{ ref('stg_role_estimates') }} as corrected
    on
        pay.pair = corrected.pair
        and pay.scope_id = corrected.scope_id
        and pay.role_id = corrected.role_id
        and pay.city = corrected.value
        and pay.country = corrected.country
        and pay.currency = corrected.currency
        and corrected.measure = 'pay'
        and corrected.method = 'corrected'
where {{ "pay.city <> ''" if by_city else "pay.city = ''" }}
order by pay.pair, scopes.position, roles.position, pay.stating_pay desc, {{ 'pay.city, pay.country, ' if by_city }}pay.currency
{%- endmacro %}
