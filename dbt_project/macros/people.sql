{#
  A role's applicants by one attribute; `zh`: the kind of names_zh. A withheld row says that there are such people and no more: no count, share, rank
  or interval. Where the row `not stated` is withheld, shares are of all applicants, because the number of those who state
  it would give it away.
#}

{% macro applicants_by(attribute, zh) -%}
with wholes as (
    select
        shown.*,
        people.current_applicants as role_applicants,
        people.current_applicants - coalesce(
            max(case when shown.value = 'not stated' then shown.applicants end)
                over (partition by shown.pair, shown.scope_id, shown.role_id),
            0
        ) as stating,
        shown.applicants is not null and shown.value not in ('not stated', 'other') as is_ranked
    from {{ ref('int_shown_applicants') }} as shown
    inner join {{ ref('int_shown_people') }} as people
        on shown.pair = people.pair and shown.scope_id = people.scope_id and shown.role_id = people.role_id
    where shown.attribute = '{{ attribute }}' and (shown.applicants is null or shown.applicants > 0)
),

shares as (
    select
        *,
        case when value <> 'not stated' then applicants / nullif(stating, 0)::double end as share
    from wholes
)

select
    {{ role_columns('shares') }},
    shares.value as {{ attribute }},
    {{ name_zh('shares.value') }} as {{ attribute }}_zh,
    shares.applicants,
    shares.role_applicants,
    round(shares.share, 6) as share,
    round({{ wilson('shares.share', 'shares.stating', '-') }}, 6) as share_low,
    round({{ wilson('shares.share', 'shares.stating', '+') }}, 6) as share_high,
    case when shares.share is not null then round(corrected.estimate, 6) end as corrected_share,
    case when shares.share is not null then round(corrected.low, 6) end as corrected_share_low,
    case when shares.share is not null then round(corrected.high, 6) end as corrected_share_high,
    case
        when shares.is_ranked
            then rank() over (
                partition by shares.pair, shares.scope_id, shares.role_id, shares.is_ranked
                order by shares.applicants desc
            )
    end as rank,
    {{ flag_list([
        ['not_stated', "shares.value = 'not stated'"],
        ['withheld', 'shares.applicants is null'],
    ]) }} as flags,
    {{ version_columns() }}
from shares
{{ joined_names('shares') }}
{{ joined_name_zh(zh, 'shares.value') }}
left join {{ ref('stg_role_estimates') }} as corrected
    on
        shares.pair = corrected.pair
        and shares.scope_id = corrected.scope_id
        and shares.role_id = corrected.role_id
        and shares.value = corrected.value
        and corrected.measure = 'applicant_{{ attribute }}'
        and corrected.method = 'corrected'
order by shares.pair, scopes.position, roles.position, shares.applicants desc nulls last, shares.value asc
{%- endmacro %}
