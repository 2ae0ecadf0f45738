module quorate/bench

go 1.21

require github.com/herumi/bls-eth-go-binary v1.36.4
