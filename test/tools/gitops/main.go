// gitops-judge says what GitOps tools make of an object, with the very libraries that those tools use: Argo CD's Lua
// (gopher-lua and gopher-json, opened as Argo CD opens them) and Flux's kstatus and CEL health expressions.
//
// Reads a JSON array of questions on standard input and writes a JSON array of answers, in the same order.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type question struct {
	// kstatus, flux or lua.
	Ask    string                     `json:"ask"`
	Object *unstructured.Unstructured `json:"object"`
	// For lua: what is run, with the object as `obj`.
	Script string `json:"script"`
	// For flux: one entry of a Kustomization's healthCheckExprs.
	Expressions *kustomize.HealthCheckExpressions `json:"expressions"`
}

type answer struct {
	Status  string `json:"status,omitempty"`
	Message string `json:"message,omitempty"`
	// What a script returned, as JSON.
	Returned json.RawMessage `json:"returned,omitempty"`
	// For a script that returns the object, changed: the merge patch that Argo CD sends.
	Patch json.RawMessage `json:"patch,omitempty"`
	Error string          `json:"error,omitempty"`
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		fmt.Fprintln(os.Stderr, "gitops-judge: standard input must be a JSON array of questions:", err)
		os.Exit(2)
	}
	answers := make([]answer, 0, len(questions))
	for _, asked := range questions {
		given, err := answerTo(asked)
		if err != nil {
			given = answer{Error: err.Error()}
		}
		answers = append(answers, given)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		fmt.Fprintln(os.Stderr, "gitops-judge:", err)
		os.Exit(1)
	}
}

func answerTo(asked question) (answer, error) {
	switch asked.Ask {
	case "kstatus":
		return fromResult(status.Compute(asked.Object))
	case "flux":
		evaluator, err := cel.NewStatusEvaluator(asked.Expressions)
		if err != nil {
			return answer{}, err
		}
		return fromResult(evaluator.Evaluate(context.Background(), asked.Object))
	case "lua":
		return runLua(asked.Object.Object, asked.Script)
	}
	return answer{}, fmt.Errorf("ask: %q is none of kstatus, flux, lua", asked.Ask)
}

func fromResult(result *status.Result, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	return answer{Status: string(result.Status), Message: result.Message}, nil
}
