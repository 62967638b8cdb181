package main

import (
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"istio.io/istio/pkg/config/crd"
)

// Istio's own checker of what its CustomResourceDefinitions say, from a file with a JSON array of them.
func readSchemas(path string) (*crd.Validator, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var definitions []apiextensionsv1.CustomResourceDefinition
	if err := json.Unmarshal(text, &definitions); err != nil {
		return nil, fmt.Errorf("%s must be a JSON array of CustomResourceDefinitions: %w", path, err)
	}
	internal := make([]apiextensions.CustomResourceDefinition, len(definitions))
	for i := range definitions {
		err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(
			&definitions[i], &internal[i], nil)
		if err != nil {
			return nil, err
		}
	}
	return crd.NewValidatorFromCRDsWithOptions(internal, crd.WithoutCRDValidation())
}
