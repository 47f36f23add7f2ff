#!/bin/sh
# Takes the model from the endpoint and deletes it: a deployed model costs as long as it is there, asked or not.
set -eu
: "${PROJECT:?set PROJECT to the id of a Google Cloud project}"
region="${REGION:-us-central1}"
for endpoint in $(gcloud ai endpoints list --project="$PROJECT" --region="$region" \
  --filter=displayName=facet-gemma --format='value(name.basename())'); do
  for model in $(gcloud ai endpoints describe "$endpoint" --project="$PROJECT" --region="$region" \
    --format='value(deployedModels[].id)'); do
    gcloud ai endpoints undeploy-model "$endpoint" --project="$PROJECT" --region="$region" --deployed-model-id="$model"
  done
  gcloud ai endpoints delete "$endpoint" --project="$PROJECT" --region="$region" --quiet
done
