// What the BLS library of the Go implementations takes, for the bench case `go`: JSON with microseconds on standard output.
//
// Each sample is the mean of a batch; the three take turns, so that noise hits all alike.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/herumi/bls-eth-go-binary/bls"
)

const (
	threshold = 3
	batch     = 8
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func mean(work func()) float64 {
	started := time.Now()
	for i := 0; i < batch; i++ {
		work()
	}
	return float64(time.Since(started).Nanoseconds()) / 1000 / batch
}

func main() {
	rounds, err := strconv.Atoi(os.Args[1])
	check(err)
	check(bls.Init(bls.BLS12_381))
	check(bls.SetETHmode(bls.EthModeDraft07))

	root := bytes.Repeat([]byte{0x5a}, 32)
	var secret bls.SecretKey
	secret.SetByCSPRNG()
	public := secret.GetPublicKey()
	whole := secret.SignByte(root).Serialize()
	coefficients := secret.GetMasterSecretKey(threshold)

	// Operators 1, 3 and 4, whose Lagrange coefficients are integers; to this library all are alike.
	var ids []bls.ID
	var partials [][]byte
	for _, operator := range []string{"1", "3", "4"} {
		var id bls.ID
		check(id.SetDecString(operator))
		var share bls.SecretKey
		check(share.Set(coefficients, &id))
		ids = append(ids, id)
		partials = append(partials, share.SignByte(root).Serialize())
	}
	recover := func() []byte {
		signatures := make([]bls.Sign, len(partials))
		for at, partial := range partials {
			check(signatures[at].Deserialize(partial))
		}
		var signature bls.Sign
		check(signature.Recover(signatures, ids))
		return signature.Serialize()
	}
	if !bytes.Equal(recover(), whole) {
		check(fmt.Errorf("recovered another signature"))
	}
	var signature bls.Sign
	check(signature.Deserialize(whole))
	if !signature.VerifyByte(public, root) {
		check(fmt.Errorf("the signature does not verify"))
	}

	samples := map[string][]float64{}
	for round := -2; round < rounds; round++ {
		took := map[string]float64{
			"sign":    mean(func() { secret.SignByte(root) }),
			"verify":  mean(func() { signature.VerifyByte(public, root) }),
			"recover": mean(func() { recover() }),
		}
		// The first rounds warm up.
		for name, us := range took {
			if round >= 0 {
				samples[name] = append(samples[name], us)
			}
		}
	}
	check(json.NewEncoder(os.Stdout).Encode(samples))
}
