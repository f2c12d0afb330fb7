{#
  The current postings of every pair, role and scope with their pay. The whole market stands apart from the roles: joining
  all postings to all titles would cost more than everything that follows.
#}

{% macro window_pay(only_stating) -%}
    select
        windows.pair,
        scopes.scope_id,
        titles.role_id,
        postings.pay_currency,
        postings.city,
        postings.country,
        postings.employer_group,
        postings.pay_monthly
    from {{ ref('int_windows') }} as windows
    inner join {{ ref('int_counted_postings') }} as postings
        on {{ in_window('postings.posting_month', 'current') }}
    inner join {{ ref('int_role_titles') }} as titles
        on postings.title_id = titles.title_id and titles.role_id <> 'all'
    inner join {{ ref('int_scopes') }} as scopes
        on scopes.industries is null or list_contains(scopes.industries, postings.industry_id)
    {%- if only_stating %}
    where postings.pay_monthly is not null
    {%- endif %}
    union all
    select
        windows.pair,
        scopes.scope_id,
        'all' as role_id,
        postings.pay_currency,
        postings.city,
        postings.country,
        postings.employer_group,
        postings.pay_monthly
    from {{ ref('int_windows') }} as windows
    inner join {{ ref('int_counted_postings') }} as postings
        on {{ in_window('postings.posting_month', 'current') }}
    inner join {{ ref('int_scopes') }} as scopes
        on scopes.industries is null or list_contains(scopes.industries, postings.industry_id)
    {%- if only_stating %}
    where postings.pay_monthly is not null
    {%- endif %}
{%- endmacro %}
