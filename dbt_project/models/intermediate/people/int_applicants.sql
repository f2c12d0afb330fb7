{{ config(materialized='table') }}

-- One value of each attribute a person, that of the latest application in the current window of the headline
-- pair: so the parts of a table add up to its people.
with applications as (
    select
        applications.*,
        -- 1 is the latest application
        row_number() over (
            partition by applications.applicant_id
            order by applications.applied_on desc, applications.posting_id desc, applications.file_row desc
        ) as newest
    from {{ ref('int_windows') }} as windows
    inner join {{ ref('stg_applications') }} as applications
        on {{ in_window('applications.applied_month', 'current') }}
    where windows.position = 1
)

select
    applicant_id,
    'city' as attribute,
    coalesce(city, 'not stated') as value
from applications
where newest = 1
union all
select
    applicant_id,
    'age' as attribute,
    coalesce(age, 'not stated') as value
from applications
where newest = 1
union all
select
    applicant_id,
    'education' as attribute,
    coalesce(education, 'not stated') as value
from applications
where newest = 1
union all
select
    applicant_id,
    'major' as attribute,
    coalesce(major, 'not stated') as value
from applications
where newest = 1
union all
select
    applicant_id,
    'previous_industry' as attribute,
    coalesce(previous_industry, 'not stated') as value
from applications
where newest = 1
union all
select
    applicant_id,
    'previous_occupation' as attribute,
    coalesce(previous_occupation, 'not stated') as value
from applications
where newest = 1
