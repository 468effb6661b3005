import Foundation
import TestSupport
import Testing

/// The clients that others have written for the Open Inference Protocol, as they come from PyPI.
@Suite(.serialized) struct ClientTests {
  private static let hasTriton = PythonEnvironment.has("tritonclient.http")
  private static let hasKServe = PythonEnvironment.has("kserve")

  /// Every call of the client, with binary tensors and without.
  private static let triton = """
    import sys
    import numpy as np
    import tritonclient.http as triton
    from tritonclient.utils import InferenceServerException

    client = triton.InferenceServerClient(sys.argv[1])
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("income") and client.is_model_ready("income", "v1")
    assert not client.is_model_ready("other")
    assert client.get_server_metadata()["name"] == "apus"
    metadata = client.get_model_metadata("income")
    assert metadata["versions"] == ["v1"] and len(metadata["inputs"]) == 6

    def tensor(name, kind, values, binary, shape=(2,)):
        made = triton.InferInput(name, list(shape), kind)
        made.set_data_from_numpy(np.array(values, dtype=object if kind == "BYTES" else None).reshape(shape), binary_data=binary)
        return made

    seen = []
    for binary in (True, False):
        for shape in ((2,), (2, 1)):
            inputs = [
                tensor("age", "FP64", [39.0, 20.0], binary, shape), tensor("hours", "FP64", [40.5, np.nan], True, shape),
                tensor("work", "BYTES", ["Private", "State"], binary, shape),
                tensor("zone", "BYTES", ["1", "2"], binary, shape),
            ]
            names = ["predicted_class", "confidence", "probabilities", "contributions"]
            outputs = [triton.InferRequestedOutput(name, binary_data=binary) for name in names]
            for compression in (None, "gzip", "deflate"):
                answer = client.infer("income", inputs, request_id="triton", outputs=outputs,
                                      request_compression_algorithm=compression, response_compression_algorithm=compression)
                assert answer.get_response()["id"] == "triton"
                probabilities = answer.as_numpy("probabilities")
                assert probabilities.shape == (2, 2) and np.allclose(probabilities.sum(axis=1), 1)
                assert np.allclose(answer.as_numpy("confidence"), probabilities.max(axis=1))
                margins = answer.as_numpy("contributions").sum(axis=2)[:, 0]
                assert np.allclose(1 / (1 + np.exp(-margins)), probabilities[:, 1], atol=1e-6)
                classes = [c.decode() if isinstance(c, bytes) else c for c in answer.as_numpy("predicted_class")]
                assert set(classes) <= {"<=50K", ">50K"}
                seen.append(probabilities)
    assert all(np.array_equal(seen[0], other) for other in seen)
    everything = client.infer("income", inputs, parameters={"explain": True})
    assert everything.as_numpy("contributions").shape == (2, 1, 7)
    future = client.async_infer("income", inputs)
    assert future.get_result().as_numpy("confidence").shape == (2,)
    try:
        client.infer("income", inputs[:1])
        raise SystemExit("a missing input was not refused")
    except InferenceServerException as problem:
        assert "'work' must be given" in str(problem), problem
    client.close()
    """

  private static let kserve = """
    import asyncio, sys
    from kserve import InferInput, InferRequest, InferenceRESTClient, RESTConfig

    async def main():
        client = InferenceRESTClient(RESTConfig(protocol="v2", retries=0))
        base = "http://" + sys.argv[1]
        assert await client.is_server_live(base) and await client.is_server_ready(base)
        assert await client.is_model_ready(base, "income")
        inputs = [
            InferInput("age", [2], "FP64", data=[39.0, 20.0]), InferInput("work", [2], "BYTES", data=["Private", "State"]),
            InferInput("zone", [2], "BYTES", data=["1", "2"]),
        ]
        request = InferRequest("income", inputs, request_id="kserve", parameters={"explain": True})
        answer = await client.infer(base, request, model_name="income")
        assert (answer.id, answer.model_name) == ("kserve", "income"), vars(answer)
        outputs = {output.name: output for output in answer.outputs}
        assert outputs["probabilities"].shape == [2, 2] and len(outputs["probabilities"].data) == 4
        assert outputs["contributions"].shape == [2, 1, 7]

    asyncio.run(main())
    """

  @Test(.enabled(if: hasTriton, "needs .venv with tritonclient: scripts/python-environment"))
  func `tritonclient asks all it can ask, with binary tensors and compression`() async throws {
    try await withServer { server in
      let outcome = try await PythonTool.run(Self.triton, "127.0.0.1:\(server.port)")
      #expect(outcome.isGood, "\(outcome.text)")
    }
  }

  @Test(.enabled(if: hasKServe, "needs .venv with kserve: scripts/python-environment"))
  func `kserve's client predicts`() async throws {
    try await withServer { server in
      let outcome = try await PythonTool.run(Self.kserve, "127.0.0.1:\(server.port)")
      #expect(outcome.isGood, "\(outcome.text)")
    }
  }
}
