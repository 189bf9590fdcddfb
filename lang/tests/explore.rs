use rescc_lang::{FileId, SourceFile, parse};
#[test]
fn explore() {
    let text = std::fs::read_to_string("/tmp/explore/cases.txt").unwrap();
    for case in text.split("=====\n") {
        let file = SourceFile::new(FileId(0), "a.res", case);
        let parsed = parse(&file);
        println!("--------\n{case}");
        for d in &parsed.diagnostics {
            let lc = file.line_column(d.span().start);
            println!("  {} {}:{} `{}` {} [{}] fix={:?}", d.code.0, lc.line, lc.column, file.slice(d.span()), d.message, d.labels.iter().skip(1).map(|l| format!("{}:{}", l.text, file.slice(l.span))).collect::<Vec<_>>().join("|"),
              d.fixes.iter().map(|f| (format!("{:?}", f.applicability), f.edits.iter().map(|e| (e.span.start, file.slice(e.span), e.text.as_str())).collect::<Vec<_>>())).collect::<Vec<_>>());
        }
        fn show(items: &[rescc_lang::tree::Item]) -> String {
            items.iter().map(|i| match i {
                rescc_lang::tree::Item::Field(f) => format!("{}={}", f.name.text, if f.value.kind == rescc_lang::tree::ExprKind::Error {"ERR"} else {"ok"}),
                rescc_lang::tree::Item::Block(b) => format!("{} {}{}{{{}}}", b.kind.text, b.name.text, if b.complete {""} else {"!"}, show(&b.items)),
            }).collect::<Vec<_>>().join(", ")
        }
        println!("  => {}", show(&parsed.file.items));
        let fixed = rescc_lang::apply_fixes(case, &parsed.diagnostics);
        if fixed != case { println!("  fixed: {fixed}"); }
    }
}
