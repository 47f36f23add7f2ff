#!/bin/sh
# Deploys Gemma 2 2B to a dedicated endpoint of Vertex AI, and prints what main.ts needs.
set -eu
: "${PROJECT:?set PROJECT to the id of a Google Cloud project}"
region="${REGION:-us-central1}"
model="${MODEL:-google/gemma2@gemma-2-2b-it}"

gcloud services enable aiplatform.googleapis.com --project="$PROJECT"
# Machines that the model was tried on by Google: gcloud ai model-garden models list-deployment-config --model="$model"
gcloud ai model-garden models deploy --project="$PROJECT" --region="$region" --model="$model" \
  --machine-type=g2-standard-12 --accelerator-type=NVIDIA_L4 --accelerator-count=1 \
  --endpoint-display-name=facet-gemma --use-dedicated-endpoint --accept-eula

endpoint="$(gcloud ai endpoints list --project="$PROJECT" --region="$region" \
  --filter=displayName=facet-gemma --sort-by=~createTime --limit=1 --format='value(name.basename())')"
dns="$(gcloud ai endpoints describe "$endpoint" --project="$PROJECT" --region="$region" --format='value(dedicatedEndpointDns)')"
number="$(gcloud projects describe "$PROJECT" --format='value(projectNumber)')"
echo "export VERTEX_URL=https://$dns/v1/projects/$number/locations/$region/endpoints/$endpoint"
