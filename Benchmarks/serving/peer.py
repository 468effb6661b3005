"""What a team builds from FastAPI, scikit-learn and prometheus_client: the service that Apus is measured against.

`python peer.py train CSV MODEL` fits the pipeline; `uvicorn peer:app --workers 2` serves it (PEER_MODEL names its file).
"""

import os
import sys
import time
import uuid

import joblib
import pandas as pd

NUMERIC = ["age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week"]
CATEGORICAL = [
    "workclass", "education", "marital_status", "occupation", "relationship", "race", "sex", "native_country",
]


def train(data: str, path: str) -> None:
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    frame = pd.read_csv(data)
    encode = ColumnTransformer([
        ("numeric", SimpleImputer(strategy="median"), NUMERIC),
        ("categorical", OneHotEncoder(handle_unknown="ignore"), CATEGORICAL),
    ])
    model = make_pipeline(
        encode, GradientBoostingClassifier(n_estimators=200, max_depth=4, learning_rate=0.05, subsample=0.8))
    model.fit(frame[NUMERIC + CATEGORICAL], frame["income"])
    joblib.dump(model, path)


if __name__ == "__main__":
    train(sys.argv[2], sys.argv[3])
else:
    from fastapi import FastAPI, Response
    from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
    from pydantic import BaseModel

    class Request(BaseModel):
        request_id: str | None = None
        features: dict[str, float | str | None]

    app = FastAPI()
    model = joblib.load(os.environ["PEER_MODEL"])
    requests = Counter("requests_total", "Requests", ["endpoint", "code"])
    seconds = Histogram("request_seconds", "Latency", ["endpoint"])
    predictions = Counter("predictions_total", "Predictions", ["predicted"])

    @app.get("/health")
    def health() -> dict:
        return {"status": "ok"}

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    @app.post("/predict")
    def predict(request: Request) -> dict:
        start = time.perf_counter()
        frame = pd.DataFrame([request.features], columns=NUMERIC + CATEGORICAL)
        frame[NUMERIC] = frame[NUMERIC].astype(float)
        frame[CATEGORICAL] = frame[CATEGORICAL].astype(object)
        chances = model.predict_proba(frame)[0]
        best = int(chances.argmax())
        predicted = str(model.classes_[best])
        predictions.labels(predicted).inc()
        requests.labels("predict", "200").inc()
        seconds.labels("predict").observe(time.perf_counter() - start)
        return {
            "request_id": request.request_id or uuid.uuid4().hex,
            "predicted_class": predicted,
            "confidence": float(chances[best]),
            "probabilities": {str(name): float(chance) for name, chance in zip(model.classes_, chances)},
            "model_version": "peer",
        }
