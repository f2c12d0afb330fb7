-- One row per group, the methods and estimands side by side. A withheld interval is none, whatever stands
-- beside the reason. The verdict is that of the method that allows for most: panel, else corrected, else raw.
with estimates as (
    select
        *,
        method || '_' || estimand as kind,
        case when withheld is null then change_low end as low,
        case when withheld is null then change_high end as high
    from {{ dataset('estimates') }}
),

side_by_side as (
    select
        pair,
        level,
        group_id,
        {% for method in ['raw', 'corrected', 'panel', 'within'] %}
            {% set employers, crawled = method ~ '_employers', method ~ '_crawled' %}
            {{ of_kind('base_postings', employers) }} as {{ method }}_base_postings,
            {{ of_kind('current_postings', employers) }} as {{ method }}_current_postings,
            {{ of_kind('change', employers) }} as {{ method }}_change,
            {{ of_kind('low', employers) }} as {{ method }}_change_low,
            {{ of_kind('high', employers) }} as {{ method }}_change_high,
            {{ of_kind('verdict', employers) }} as {{ method }}_verdict,
            {{ of_kind('q_value', employers) }} as {{ method }}_q_value,
            {{ of_kind('employers_effective', employers) }} as {{ method }}_employers_effective,
            {{ of_kind('withheld', employers) }} as {{ method }}_withheld,
            {{ of_kind('notes', employers) }} as {{ method }}_notes,
            {{ of_kind('low', crawled) }} as {{ method }}_crawled_change_low,
            {{ of_kind('high', crawled) }} as {{ method }}_crawled_change_high,
            {{ of_kind('verdict', crawled) }} as {{ method }}_crawled_verdict,
            {{ of_kind('q_value', crawled) }} as {{ method }}_crawled_q_value,
        {% endfor %}
        count(*) filter (where method = 'panel') > 0 as has_panel,
        count(*) filter (where method = 'corrected') > 0 as has_corrected
    from estimates
    group by pair, level, group_id
),

chosen as (
    select
        *,
        case when has_panel then 'panel' when has_corrected then 'corrected' else 'raw' end as verdict_method
    from side_by_side
)

select
    pair,
    level,
    group_id,
    raw_change as change,
    raw_change_low as change_low,
    raw_change_high as change_high,
    raw_employers_effective as employers_effective,
    raw_withheld as withheld,
    {% for method in ['corrected', 'panel'] %}
        {{ method }}_base_postings,
        {{ method }}_current_postings,
        {{ method }}_change,
        {{ method }}_change_low,
        {{ method }}_change_high,
        {{ method }}_crawled_change_low,
        {{ method }}_crawled_change_high,
        {{ method }}_employers_effective,
        {{ method }}_withheld,
        {{ method }}_notes,
    {% endfor %}
    within_change,
    within_change_low,
    within_change_high,
    within_withheld,
    within_verdict,
    within_q_value,
    verdict_method,
    'employers' as estimand,
    case when level in ('market', 'title') then group_id end as title_id,
    raw_base_postings::bigint as base_postings,
    raw_current_postings::bigint as current_postings,
    {{ by_verdict_method('verdict') }} as verdict,
    {{ by_verdict_method('q_value') }} as q_value,
    {{ by_verdict_method('crawled_verdict') }} as crawled_verdict,
    {{ by_verdict_method('crawled_q_value') }} as crawled_q_value
from chosen
