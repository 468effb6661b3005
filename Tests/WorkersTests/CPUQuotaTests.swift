import Foundation
import Testing
import Workers

@Suite struct CPUQuotaTests {
  @Test(
    "The threads follow the container's limit, never beyond the machine",
    arguments: [
      ("max 100000", 4), ("150000 100000", 2), ("50000 100000", 1), ("900000 100000", 4), ("nonsense", 4), ("0 0", 4),
    ])
  func limits(text: String, threads: Int) throws {
    let shop = Workshop()
    _ = try shop.write(text + "\n", to: "cpu.max")
    let file = shop.folder.appendingPathComponent("cpu.max").path
    #expect(CPUQuota.threads(file: file, processors: 4) == threads)
    #expect(CPUQuota.threads(file: file + ".none", processors: 4) == 4)
  }
}
