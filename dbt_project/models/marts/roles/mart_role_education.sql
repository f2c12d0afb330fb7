{{ role_shares(
    'education', 'education_level', names='education_levels', key='level', prefix='level', ordered=true
) }}
