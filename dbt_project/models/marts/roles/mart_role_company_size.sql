{{ role_shares(
    'company_size', 'size_band', names='company_size_bands', key='band', prefix='band', ordered=true
) }}
