import Testing
import Values

@Suite struct KernelFileTests {
  /// More than the page that one read gives: a process of Swift has hundreds of mappings, its stack among the last.
  @Test func `a file of the kernel is read to its end`() throws {
    let text = try #require(KernelFile.text("/proc/self/maps"))
    #expect(text.utf8.count > 8192 && text.contains("[stack]") && text.hasSuffix("\n"))
  }

  @Test func `what is longer than the limit is cut, and what is not there is nil`() {
    #expect(KernelFile.contents("/proc/self/maps", limit: 5000)?.count == 5000)
    #expect(KernelFile.contents("/proc/self/nothing") == nil)
    #expect(KernelFile.contents("/proc/self") == nil)
  }
}
