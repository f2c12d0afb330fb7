{{ role_pay(by_city=false) }}
