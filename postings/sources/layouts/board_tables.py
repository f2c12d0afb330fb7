"""Tables of postings with the usual headers, English (as exports of Indeed and its like have them) and Chinese."""

from __future__ import annotations

from postings.sources.layouts.layout import Headers

ENGLISH_TABLE = Headers(
    name="english_table",
    about="tables with English headers: title, company, location, salary, ...",
    names={
        "source_id": ("job id", "jobkey", "job key", "jk", "job uid", "posting id", "vacancy id", "uniq id"),
        # A bare `id` is often no more than the row's number, which would make other postings of a later table the same.
        "title": ("job title", "title", "position title", "position", "job position", "jobtitle name"),
        "employer": ("company name", "company", "employer", "employer name", "organization", "organisation"),
        "employer_kind": ("ownership", "type of ownership", "company type"),
        "employer_size": ("company size", "employees", "number of employees", "company employees"),
        "industry": ("industry", "company industry", "sector"),
        "description": ("full description", "job description", "description", "job desc", "requirement", "summary"),
        "posted_date": ("date posted", "posted date", "posted at", "post date", "posting date", "published at",
                        "publish time", "publication date", "pub date", "formatted date", "date", "created at"),
        "place": ("formatted location full", "formatted location", "location", "job location", "location raw"),
        "city": ("city", "job city"),
        "region": ("state", "region", "province", "job state"),
        "country": ("country", "country code", "job country"),
        "employment_type": ("employment type", "job type", "contract type", "work type", "job types"),
        "pay": ("salary raw", "salary text", "salary snippet", "salary estimate", "extracted salary", "salary",
                "salary range", "compensation", "pay"),
        "pay_min": ("min salary", "salary min", "minimum salary", "min amount", "salary from", "min wage",
                    "salary min orig"),
        "pay_max": ("max salary", "salary max", "maximum salary", "max amount", "salary to", "max wage",
                    "salary max orig"),
        "pay_currency": ("currency", "salary currency", "pay currency", "currency original"),
        "pay_period": ("salary period", "pay period", "salary interval", "interval", "salary type",
                       "salary interval orig"),
        "education": ("education", "education level", "education qualification", "degree", "qualification"),
        "experience": ("experience", "experience level", "years of experience", "required experience"),
        "skills": ("skills", "required skills", "key skills", "tags"),
        "openings": ("openings", "vacancies", "number of openings", "positions"),
        "url": ("url", "job url", "link", "job link", "job posting url", "apply url", "viewjob url"),
    },
)  # fmt: skip

CHINESE_TABLE = Headers(
    name="chinese_table",
    about="tables with Chinese headers: 职位名称, 公司名称, 薪资, ...",
    names={
        "source_id": ("职位编号", "职位id", "岗位编号", "岗位id", "招聘编号"),
        "title": ("职位名称", "岗位名称", "招聘岗位", "招聘职位", "职位", "岗位", "職位名稱", "職位"),
        "employer": ("公司名称", "企业名称", "公司全称", "招聘单位", "用人单位", "单位名称", "公司", "企业",
                     "公司名稱"),
        "employer_kind": ("公司性质", "企业性质", "公司类型", "企业类型", "单位性质", "性质"),
        "employer_size": ("公司规模", "企业规模", "单位规模", "公司人数", "员工人数", "规模", "公司規模"),
        "industry": ("公司行业", "所属行业", "行业类别", "行业领域", "公司所属行业", "行业", "主营"),
        "description": ("职位描述", "岗位描述", "职位详情", "职位信息", "岗位职责", "工作内容", "任职要求", "岗位要求",
                        "職位描述"),
        "posted_date": ("发布时间", "发布日期", "招聘发布日期", "招聘发布时间", "更新时间", "更新日期", "日期"),
        "place": ("工作地点", "上班地址", "工作地区", "工作地址", "地点", "地区"),
        "city": ("工作城市", "所在城市", "城市"),
        "region": ("省份", "所在省份"),
        "employment_type": ("工作类型", "工作性质", "用工形式", "招聘类型"),
        "pay": ("薪资待遇", "薪资范围", "薪资水平", "薪资", "薪酬", "月薪", "工资", "薪水", "薪资福利", "薪資"),
        "pay_min": ("最低薪资", "最低月薪", "最低工资", "薪资下限"),
        "pay_max": ("最高薪资", "最高月薪", "最高工资", "薪资上限"),
        "education": ("学历要求", "最低学历", "学历", "教育程度", "學歷"),
        "experience": ("工作经验", "经验要求", "工作年限", "要求经验", "经验"),
        "skills": ("技能要求", "技能标签", "技能", "关键词", "职位标签", "标签"),
        "openings": ("招聘人数", "需求人数", "招聘数量"),
        "url": ("职位链接", "来源网址", "职位网址", "网址", "链接"),
    },
)  # fmt: skip
