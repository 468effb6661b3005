import Engine
import Testing
import WorkerContract

@testable import Serving

struct LaneTests {
  private func state(_ version: String, _ metrics: ServingMetrics) throws -> ServingState {
    let loaded = LoadedVersion(version: version, digest: "sha256:0", predictor: try Sample.predictor())
    return try ServingState(
      table: aTable(anEntry(version)), versions: [loaded], observer: ServingObserver(metrics: metrics, log: nil))
  }

  @Test func `a lane serves what was swapped in last, and no lane keeps a version that is served no more`() throws {
    let (holder, lanes) = (ServingHolder(), ServingLanes())
    let metrics = someMetrics(holder: holder)
    holder.onSwap { lanes.releaseStates() }
    func served() -> [String] {
      lanes.borrowing { lane in lane.state(of: holder)?.versions.map(\.version.version) ?? [] }
    }
    #expect(served() == [])
    weak var first: ServingState?
    do {
      let state = try state("v1", metrics)
      first = state
      holder.swap(state)
    }
    #expect(served() == ["v1"])
    #expect(served() == ["v1"])
    // Lent while another state comes: it is let go of when the lane is given back.
    try lanes.borrowing { lane in
      #expect(lane.state(of: holder)?.versions.count == 1)
      holder.swap(try state("v2", metrics))
    }
    #expect(first == nil)
    #expect(served() == ["v2"])
  }

  @Test func `a state that was taken before is served as it was taken`() throws {
    let (holder, lanes) = (ServingHolder(), ServingLanes())
    let metrics = someMetrics(holder: holder)
    let taken = try state("v1", metrics)
    holder.swap(try state("v2", metrics))
    lanes.borrowing { lane in
      #expect(lane.state(of: holder)?.state !== taken)
      #expect(lane.state(taken).state === taken)
      #expect(lane.state(of: holder)?.versions.map(\.version.version) == ["v2"])
    }
  }
}
