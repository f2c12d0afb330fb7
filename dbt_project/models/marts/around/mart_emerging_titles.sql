select
    found.pair,
    found.concept_id,
    found.wording,
    found.wordings,
    found.examples,
    found.postings,
    found.base_postings,
    found.current_postings,
    round(found.employers_effective, 2) as employers_effective,
    round(found.change, 6) as change,
    round(found.change_low, 6) as change_low,
    round(found.change_high, 6) as change_high,
    found.withheld,
    round(found.expected_change, 6) as expected_change,
    round(found.novelty, 6) as novelty,
    found.nearest_title_id,
    nearest.title_en as nearest_title_en,
    found.classified_as,
    classified.title_en as classified_as_en,
    round(found.classified_share, 6) as classified_share,
    round(found.mean_probability, 6) as mean_probability,
    round(found.trend_z, 6) as trend_z,
    round(found.p_value, 6) as p_value,
    round(found.q_value, 6) as q_value,
    found.is_emerging,
    {{ version_columns() }}
from {{ ref('stg_emerging_titles') }} as found
cross join {{ ref('int_versions') }} as versions
left join {{ ref('int_titles') }} as nearest on found.nearest_title_id = nearest.title_id
left join {{ ref('int_titles') }} as classified on found.classified_as = classified.title_id
order by found.pair asc, found.trend_z desc, found.concept_id asc
