{{ role_pay(by_city=true) }}
