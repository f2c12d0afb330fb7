{{ role_shares(
    'skill', 'skill_id', names='skills', key='skill_id', prefix='skill'
) }}
