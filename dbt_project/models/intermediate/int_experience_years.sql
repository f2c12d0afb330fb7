-- Whole years from 0 to 40, and -1 where experience is expressly not asked for, each with its band: postings
-- then find theirs by an equality, which is as cheap as bands written into the query.
select
    years.years::tinyint as years,
    bands.band
from (select unnest(range(-1, 41)) as years) as years
inner join {{ ref('experience_bands') }} as bands
    on
        case
            when years.years < 0 then bands.years_from is null
            else years.years >= bands.years_from and years.years < coalesce(bands.years_below, 41)
        end
