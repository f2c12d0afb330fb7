{{ role_shares(
    'experience', 'experience_band', names='experience_bands', key='band', prefix='band', ordered=true
) }}
