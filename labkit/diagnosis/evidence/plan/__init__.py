"""What is asked of AWS for a diagnosis: one table of reads, in their order.

Whoever collects goes through it from the top, and later rows ask with what earlier ones answered. ``--plan`` prints it,
the policy of a reader is made from it, and the answers are read by `labkit.diagnosis.evidence.reading`.

    subject      what the question is about, and a row of the table
    parameters   what each row asks with, from the question and from what was answered
    steps        the table                 reader       the policy that lets one make all these calls
"""
