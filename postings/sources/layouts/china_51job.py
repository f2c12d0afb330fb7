"""Tables taken from 51job whose columns cannot be read by their names alone.

In the tables of 2024 需求 ("wanted") holds the size of the company, 主营 its industry and 性质 its ownership; those of
2022 have pay in yuan a month under min_wages and max_wages and the city under place2.
"""

from __future__ import annotations

from postings.sources.layouts.layout import Objects

JOB51_2022 = Objects(
    name="51job_2022",
    about="51job tables with min_wages, max_wages and place2",
    needs=(frozenset({"title", "min_wages", "max_wages", "place2", "requirement"}),),
    columns={
        "title": "title",
        "description": "requirement",
        "place": "place2",
        "country": 'constant("CN")',
        "pay_min": "min_wages",
        "pay_max": "max_wages",
        "pay_currency": 'constant("CNY")',
        "pay_period": 'constant("month")',
        "education": "education",
    },
)

JOB51_2024 = Objects(
    name="51job_2024",
    about="51job tables with 职位, 薪资, 主营, 性质 and 需求",
    needs=(frozenset({"职位", "薪资", "主营", "性质", "需求"}),),
    columns={
        "employer": "公司",
        "employer_kind": "性质",
        "employer_size": "需求",
        "industry": "主营",
        "title": "职位",
        "place": "地点",
        "country": 'constant("CN")',
        "pay": "薪资",
        "skills": "标签",
    },
)
