{{ role_shares(
    'industry', 'industry_id', names='industries', key='industry_id', prefix='industry'
) }}
